//! What a file names: paths, macros, methods, attributes, `async`; each with its line and whether it is test code.
//!
//! `use` trees are flattened, one path per leaf. Paths that begin with `self` or `super` are made absolute, so that
//! `super::super::live` at the top of a module reads `crate::live`. The arguments of macros and attributes have no
//! syntax tree; there, runs of names joined by `::` count as paths (the leaves of a `use` group are not joined).
//!
//! Test code is what stands under `#[cfg(test)]` or `#[test]`, a module named `tests`, and all of `src/tests`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, UseTree};

use super::source::{Place, Source};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub line: usize,
    pub in_test: bool,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Segments; a glob is `*`. Begins with `crate` whenever it stays in the crate and says so.
    Path(Vec<String>),
    /// A call of a macro, by the last segment of its path.
    Macro(String),
    Method(String),
    /// All names in an attribute, in order.
    Attribute(Vec<String>),
    /// `async` or `.await`.
    Async,
}

/// Everything that `source` names, in order.
pub fn mentions(source: &Source) -> Vec<Mention> {
    let (module, in_test) = match &source.place {
        Place::Module(path) => (path.clone(), path.iter().any(|name| name == "tests")),
        Place::Test => (Vec::new(), true),
        Place::Root | Place::Main | Place::Bench | Place::Build => (Vec::new(), false),
    };
    let mut reader = Reader { module, in_test, found: Vec::new() };
    reader.visit_file(&source.syntax);
    reader.found
}

struct Reader {
    /// The module whose items are read.
    module: Vec<String>,
    in_test: bool,
    found: Vec<Mention>,
}

impl Reader {
    fn note(&mut self, at: &Ident, what: What) {
        self.note_at(at.span(), what);
    }

    fn note_at(&mut self, span: proc_macro2::Span, what: What) {
        self.found.push(Mention { line: span.start().line, in_test: self.in_test, what });
    }

    fn note_path(&mut self, at: &Ident, segments: Vec<String>) {
        let path = self.absolute(segments);
        self.note(at, What::Path(path));
    }

    fn absolute(&self, segments: Vec<String>) -> Vec<String> {
        let up = segments.iter().take_while(|name| *name == "self" || *name == "super").count();
        if up == 0 {
            return segments;
        }
        let supers = segments[..up].iter().filter(|name| *name == "super").count();
        let base = &self.module[..self.module.len().saturating_sub(supers)];
        let mut path = vec!["crate".to_owned()];
        path.extend(base.iter().chain(&segments[up..]).cloned());
        path
    }

    fn read_use(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<String>>();
        match tree {
            UseTree::Path(path) => self.read_use(&path.tree, &with(path.ident.to_string())),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.read_use(item, before)),
            UseTree::Name(name) if name.ident == "self" => self.note_path(&name.ident, before.to_vec()),
            UseTree::Name(name) => self.note_path(&name.ident, with(name.ident.to_string())),
            UseTree::Rename(rename) => self.note_path(&rename.ident, with(rename.ident.to_string())),
            UseTree::Glob(glob) => {
                let path = self.absolute(with("*".to_owned()));
                self.note_at(glob.star_token.spans[0], What::Path(path));
            }
        }
    }

    fn read_tokens(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < trees.len() {
            at += match &trees[at] {
                TokenTree::Ident(first) => self.read_run(first, &trees, at),
                TokenTree::Group(group) => {
                    self.read_tokens(group.stream());
                    1
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => 1,
            };
        }
    }

    /// Reads the names joined by `::` that begin at `trees[at]`, and returns how many tokens they are.
    fn read_run(&mut self, first: &Ident, trees: &[TokenTree], at: usize) -> usize {
        let mut segments = vec![first.to_string()];
        let mut end = at + 1;
        while let [a, b, TokenTree::Ident(next), ..] = &trees[end..]
            && is_punct(a, ':')
            && is_punct(b, ':')
        {
            segments.push(next.to_string());
            end += 3;
        }
        let called = matches!(&trees[end..], [bang, TokenTree::Group(_), ..] if is_punct(bang, '!'));
        let last = segments.last().cloned().unwrap_or_default();
        if called {
            self.note(first, What::Macro(last.clone()));
        }
        if first == "async" || first == "await" {
            self.note(first, What::Async);
        } else if at > 0 && is_punct(&trees[at - 1], '.') {
            self.note(first, What::Method(last));
        } else {
            self.note_path(first, segments);
        }
        end - at
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let before = self.in_test;
        self.in_test |= attributes(item).iter().any(marks_test_code);
        visit::visit_item(self, item);
        self.in_test = before;
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let before = self.in_test;
        self.in_test |= item.ident == "tests";
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
        self.in_test = before;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        self.read_use(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first() {
            self.note_path(&first.ident, names(path));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        visit::visit_macro(self, called);
        if let Some(last) = called.path.segments.last() {
            self.note(&last.ident, What::Macro(last.ident.to_string()));
        }
        self.read_tokens(called.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.note_at(attribute.pound_token.spans[0], What::Attribute(names_in(attribute)));
        visit::visit_attribute(self, attribute);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        visit::visit_meta_list(self, list);
        self.read_tokens(list.tokens.clone());
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.note(&call.method, What::Method(call.method.to_string()));
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_await(&mut self, expression: &'ast syn::ExprAwait) {
        self.note_at(expression.await_token.span, What::Async);
        visit::visit_expr_await(self, expression);
    }

    fn visit_expr_async(&mut self, expression: &'ast syn::ExprAsync) {
        self.note_at(expression.async_token.span, What::Async);
        visit::visit_expr_async(self, expression);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        closure.asyncness.iter().for_each(|token| self.note_at(token.span, What::Async));
        visit::visit_expr_closure(self, closure);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        signature.asyncness.iter().for_each(|token| self.note_at(token.span, What::Async));
        visit::visit_signature(self, signature);
    }
}

fn names(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

fn names_in(attribute: &Attribute) -> Vec<String> {
    let mut found = names(attribute.meta.path());
    if let Meta::List(list) = &attribute.meta {
        flatten(list.tokens.clone(), &mut found);
    }
    found
}

fn flatten(tokens: TokenStream, found: &mut Vec<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Ident(name) => found.push(name.to_string()),
            TokenTree::Group(group) => flatten(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// `#[cfg(test)]`, `#[cfg(all(test, unix))]`, `#[test]`, `#[tokio::test]`; not `#[cfg(not(test))]`.
fn marks_test_code(attribute: &Attribute) -> bool {
    let names = names_in(attribute);
    let has = |word: &str| names.iter().any(|name| name == word);
    let is_test = attribute.path().segments.last().is_some_and(|last| last.ident == "test");
    is_test || (attribute.path().is_ident("cfg") && has("test") && !has("not"))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        // syn's enum is open; what is left bears no code that a rule reads differently in a test.
        _ => &[],
    }
}

fn is_punct(tree: &TokenTree, wanted: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == wanted)
}
