//! The length ratchet: files of at most 500 lines, functions of at most 70.
//!
//! A function whose body is one `match` may be longer, since an exhaustive match reads well at any length; but no
//! longer than 150 lines, and such functions stay under 2.5 % of all. A function is counted from its `fn` to its
//! last brace, without attributes and documentation, with whatever functions it contains. Lower the limits when
//! the sources allow it; never raise them.

use syn::visit::{self, Visit};
use syn::{Block, Expr, Signature, Stmt};

use super::control::Expected::{Clean, Found};
use super::control::hold;
use super::finding::{Finding, Rule, assert_none};
use super::source::Source;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const MATCH_LINES_MAX: usize = 150;
/// Functions above [`FUNCTION_LINES_MAX`], in thousandths of all.
const LONG_PER_MILLE_MAX: usize = 25;

struct Function {
    name: String,
    line: usize,
    lines: usize,
    is_one_match: bool,
}

/// Each file and each function for itself.
fn limits(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            let what = format!("{lines} lines, and {FILE_LINES_MAX} are allowed");
            let remedy = format!("split it; the median file has {} lines", median(sources));
            findings.push(source.finding(Rule::Length, lines, what, remedy));
        }
        findings.extend(functions(source).iter().filter_map(|function| too_long(source, function)));
    }
    findings
}

fn too_long(source: &Source, function: &Function) -> Option<Finding> {
    let Function { name, line, lines, is_one_match } = function;
    let allowed = if *is_one_match { MATCH_LINES_MAX } else { FUNCTION_LINES_MAX };
    let what = format!("function `{name}` has {lines} lines, and {allowed} are allowed");
    (*lines > allowed).then(|| source.finding(Rule::Length, *line, what, "name its steps as functions"))
}

/// All functions together.
fn share(sources: &[Source]) -> Vec<Finding> {
    let mut count = 0;
    let mut long = Vec::new();
    for source in sources {
        for function in functions(source) {
            count += 1;
            if function.lines > FUNCTION_LINES_MAX {
                long.push(format!("`{}` at {}:{}", function.name, source.file, function.line));
            }
        }
    }
    if long.len() * 1000 < count * LONG_PER_MILLE_MAX || long.is_empty() {
        return Vec::new();
    }
    let what = format!("{} of {count} functions have more than {FUNCTION_LINES_MAX} lines", long.len());
    let remedy = format!("split some of {}", long.join(", "));
    vec![Finding { rule: Rule::Length, at: "all files".to_owned(), what, remedy }]
}

fn median(sources: &[Source]) -> usize {
    let mut lines: Vec<usize> = sources.iter().map(|source| source.text.lines().count()).collect();
    lines.sort_unstable();
    lines[lines.len() / 2]
}

fn functions(source: &Source) -> Vec<Function> {
    let mut reader = Reader { found: Vec::new() };
    reader.visit_file(&source.syntax);
    reader.found
}

struct Reader {
    found: Vec<Function>,
}

impl Reader {
    fn note(&mut self, signature: &Signature, block: &Block) {
        let line = signature.fn_token.span.start().line;
        let last = block.brace_token.span.close().end().line;
        let name = signature.ident.to_string();
        self.found.push(Function { name, line, lines: last + 1 - line, is_one_match: is_one_match(block) });
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.note(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        function.default.iter().for_each(|block| self.note(&function.sig, block));
        visit::visit_trait_item_fn(self, function);
    }
}

fn is_one_match(block: &Block) -> bool {
    matches!(block.stmts.as_slice(), [Stmt::Expr(Expr::Match(_), _)])
}

#[test]
fn files_and_functions_are_short() {
    let sources = Source::all();
    assert_none([limits(&sources), share(&sources)].concat());
}

/// A function of so many lines whose body is made of `statement`, or is one match of such arms.
fn function(lines: usize, opening: &str, line: &str, closing: &str) -> String {
    format!("fn f() {{{opening}\n{}}}{closing}\n", format!("{line}\n").repeat(lines - 2))
}

#[test]
fn a_long_file_or_function_is_found() {
    let plain = |lines| function(lines, "", "g();", "");
    let one_match = |lines| function(lines, " match x {", "1 => g(),", "}");
    let in_impl = format!("impl S {{\n{}}}", plain(71));
    let in_trait = format!("trait T {{\n{}}}", plain(71));
    let file = |lines| "// a line\n".repeat(lines);
    let rows = [
        ("src/model/mod.rs", &*plain(70), Clean),
        ("src/model/mod.rs", &*plain(71), Found("mod.rs:1: length: function `f` has 71 lines, and 70")),
        ("src/model/mod.rs", &*in_impl, Found("mod.rs:2: length: function `f` has 71 lines")),
        ("src/model/mod.rs", &*in_trait, Found("mod.rs:2: length: function `f` has 71 lines")),
        ("src/model/mod.rs", &*one_match(150), Clean),
        ("src/model/mod.rs", &*one_match(151), Found("function `f` has 151 lines, and 150")),
        ("src/model/mod.rs", &*file(500), Clean),
        (
            "src/model/mod.rs",
            &*file(501),
            Found("mod.rs:501: length: 501 lines, and 500 are allowed; split it"),
        ),
    ];
    hold(limits, &rows);
}

#[test]
fn too_large_a_share_of_long_functions_is_found() {
    let one_in =
        |count: usize| function(80, " match x {", "1 => g(),", "}") + &"fn g() {}\n".repeat(count - 1);
    let rows = [
        ("src/model/mod.rs", &*one_in(41), Clean),
        (
            "src/model/mod.rs",
            &*one_in(40),
            Found("1 of 40 functions have more than 70 lines; split some of `f`"),
        ),
        ("src/model/mod.rs", "fn g() {}", Clean),
        ("src/model/mod.rs", "", Clean),
    ];
    hold(share, &rows);
}
