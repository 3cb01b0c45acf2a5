//! Arguments that are one word of a closed set.

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Reads one of these words as its value.
pub(super) fn one_of<T>(choices: &'static [(&'static str, T)]) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let words = PossibleValuesParser::new(choices.iter().map(|&(word, _)| word));
    words.map(|word| {
        let chosen = choices.iter().find(|&&(choice, _)| choice == word);
        chosen.expect("invariant: clap admits only these words").1
    })
}
