//! jq's words that are themselves written in jq: read once, and given to a program as far as it needs
//! them.

use std::{collections::BTreeMap, sync::LazyLock};

use jaq_core::load::parse::Def;

use super::compile::TAKEN_AWAY;

/// A word, and by their places all of those before it that it may be made of.
struct Word {
    def: Def<&'static str>,
    made_of: Vec<usize>,
}

static WORDS: LazyLock<Vec<Word>> = LazyLock::new(read);

fn read() -> Vec<Word> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut words = Vec::new();
    let all = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    for def in all.filter(|def| !TAKEN_AWAY.contains(&def.name)) {
        // The tree of a definition names every word that it calls, in quotation marks. What else
        // stands in such marks gives it a word too many at the worst.
        let body = format!("{:?}", def.body);
        let made_of =
            body.split('"').filter_map(|part| places.get(part)).flatten().copied().collect();
        places.entry(def.name).or_default().push(words.len());
        words.push(Word { def, made_of });
    }
    words
}

/// Returns the definitions that a program may need, in their order: of each name that is anywhere in
/// its text, and of what those are made of.
pub(super) fn of(program: &str) -> impl Iterator<Item = Def<&'static str>> {
    let words: &'static [Word] = &WORDS;
    let mut needed: Vec<bool> = words.iter().map(|word| program.contains(word.def.name)).collect();
    // A word is made only of earlier ones.
    for (at, word) in words.iter().enumerate().rev() {
        if needed[at] {
            for part in &word.made_of {
                needed[*part] = true;
            }
        }
    }
    words.iter().zip(needed).filter(|(_, needed)| *needed).map(|(word, _)| word.def.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::jq::Program;

    #[test]
    fn every_word_finds_those_it_is_made_of() {
        assert!(WORDS.len() > 100, "{}", WORDS.len());
        for word in WORDS.iter() {
            let arguments = vec!["."; word.def.args.len()].join("; ");
            let program = match arguments.as_str() {
                "" => word.def.name.to_owned(),
                arguments => format!("{}({arguments})", word.def.name),
            };
            let needed = of(&program).count();
            assert!(needed < WORDS.len() / 2, "{program}: {needed} of all");
            let read = Program::new(&program);
            assert!(read.is_ok(), "{program}: {read:?}");
        }
    }
}
