//! A file with the values of options and points put over it, before a plan is made of it.

use toml_edit::DocumentMut;

use super::edit::{Assignment, put};
use super::error::{SpecError, SpecPlace};
use super::file::Spec;
use super::guarantee::strategies;
use super::invalid::{Invalid, KeyPath, Within};
use super::message::naming;
use super::scenario::{filled, scenario};
use super::source::{Source, parse_error, parse_message};
use super::sweep::{SweepPoint, Swept, points, read};

/// A well-formed file: its keys are known and its values have their types, at every point of its sweep.
pub(super) struct Draft<'a> {
    source: Source<'a>,
    /// The file alone, without options.
    written: Spec,
    assigned: &'a [Assignment],
    /// After what options assign, with its comments.
    document: DocumentMut,
    spec: Spec,
    swept: Vec<Swept>,
}

/// The file at one point.
#[derive(Debug, Clone)]
pub(super) struct Variant {
    pub point: SweepPoint,
    pub spec: Spec,
}

impl<'a> Draft<'a> {
    pub fn new(text: &'a str, assigned: &'a [Assignment]) -> Result<Draft<'a>, SpecError> {
        let written: Spec = toml::from_str(text).map_err(|error| parse_error(text, &error))?;
        let source = Source::new(text, assigned)?;
        let mut document: DocumentMut = text.parse().expect("the text was parsed before");
        let mut spec = written.clone();
        for Assignment { path, value, typed } in assigned {
            let put = put(&mut document, path, value).map_err(|message| naming(Some(path), &message));
            spec = put
                .and_then(|()| parsed(&document))
                .map_err(|message| SpecError { place: SpecPlace::Option(typed.clone()), message })?;
        }
        let swept = read(&document).map_err(|invalid| source.error(invalid))?;
        Ok(Draft { source, written, assigned, document, spec, swept })
    }

    /// The file after what options assign, without its points.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    pub fn text(&self) -> String {
        self.document.to_string()
    }

    pub fn swept(&self) -> &[Swept] {
        &self.swept
    }

    /// The file at each of its points.
    pub fn variants(&self) -> Result<Vec<Variant>, SpecError> {
        let mode = self.spec.sweep.as_ref().map(|sweep| sweep.mode).unwrap_or_default();
        let points = points(mode, &self.swept).map_err(|invalid| self.source.error(invalid))?;
        let variant = |point: SweepPoint| {
            let all = || self.edits(&point);
            match self.with(all()) {
                Ok(spec) => Ok(Variant { point, spec }),
                // The first value that is invalid by itself; or else the last one, which does not go with the others.
                Err((key, place, message)) => {
                    let alone = all().find_map(|edit| self.with([edit].into_iter()).err());
                    let (key, place, message) = alone.unwrap_or((key, place, message));
                    Err(self.swept_error(key, place, &message))
                }
            }
        };
        points.into_iter().map(variant).collect()
    }

    /// The error for an invalid value, with the place that is to blame: the file if it is invalid by itself, then an
    /// option, then a swept value.
    pub fn blame(&self, invalid: Invalid, variant: Option<&Variant>) -> SpecError {
        if first_invalid(&self.written).as_ref() == Some(&invalid) {
            return self.source.alone().error(invalid);
        }
        let Some(variant) = variant else { return self.source.error(invalid) };
        if first_invalid(&self.spec).as_ref() == Some(&invalid) {
            return self.with_options(self.source.error(invalid));
        }
        let direct = self.edits(&variant.point).find(|(key, _)| self.swept[*key].path.meets(&invalid.path));
        if let Some((key, place)) = direct {
            return self.swept_error(key, place, &invalid.message);
        }
        let mut error = self.source.error(invalid);
        if !variant.point.name.is_empty() {
            error.message = format!("{} (at {})", error.message, variant.point.name);
        }
        self.with_options(error)
    }

    /// An option may be to blame for a key that no option assigns.
    fn with_options(&self, mut error: SpecError) -> SpecError {
        if matches!(error.place, SpecPlace::File { .. }) && !self.assigned.is_empty() {
            let typed: Vec<&str> = self.assigned.iter().map(|assigned| assigned.typed.as_str()).collect();
            error.message = format!("{} (with {})", error.message, typed.join(" "));
        }
        error
    }

    fn swept_error(&self, key: usize, place: usize, message: &str) -> SpecError {
        let Swept { key, values, .. } = &self.swept[key];
        let mut value = values[place].clone();
        value.decor_mut().clear();
        let path = KeyPath::of(["sweep", key, &place.to_string()]);
        self.source.error(Invalid { path, message: format!("`{key}` = {value}: {message}") })
    }

    /// Numbers of swept keys, and of their values at a point.
    fn edits<'p>(&self, point: &'p SweepPoint) -> impl Iterator<Item = (usize, usize)> + use<'p> {
        point.places.iter().copied().enumerate()
    }

    /// The file with these swept values; or the one that makes it ill-formed, and how.
    fn with(&self, edits: impl Iterator<Item = (usize, usize)>) -> Result<Spec, (usize, usize, String)> {
        let mut document = self.document.clone();
        let mut last = (0, 0);
        for (key, place) in edits {
            let swept = &self.swept[key];
            last = (key, place);
            put(&mut document, &swept.path, &swept.values[place])
                .map_err(|message| (key, place, naming(Some(&swept.path), &message)))?;
        }
        parsed(&document).map_err(|message| (last.0, last.1, message))
    }
}

fn parsed(document: &DocumentMut) -> Result<Spec, String> {
    let text = document.to_string();
    toml::from_str(&text).map_err(|error| parse_message(&text, &error))
}

/// The first invalid value of a file at its first repetition.
fn first_invalid(spec: &Spec) -> Option<Invalid> {
    let first = || {
        let strategies = strategies(&spec.guarantee).within("guarantee")?;
        let spec = filled(spec.clone())?;
        scenario(&spec, strategies[0])
    };
    first().err()
}
