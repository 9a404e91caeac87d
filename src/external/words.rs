//! What a driver says, fit for a terminal.

/// Longest text of a driver's that is shown, in letters.
const LONGEST: usize = 400;

/// Takes out letters that move a cursor, turn a text round or can't be seen, and cuts to a length
/// that a person reads.
pub(super) fn plain(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .map(|letter| if letter == '\t' { ' ' } else { letter })
        .filter(|letter| !is_hidden(*letter))
        .take(LONGEST + 1)
        .collect();
    if shown.chars().count() > LONGEST {
        shown = shown.chars().take(LONGEST).collect();
        shown.push('…');
    }
    shown.trim().to_owned()
}

/// Tells letters that a reader does not see, or that end a line.
pub(super) fn is_hidden(letter: char) -> bool {
    letter.is_control() || crate::model::is_hidden(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_or_hides_is_gone() {
        assert_eq!(plain("\u{1b}[31mred\u{7}\r\n"), "[31mred");
        assert_eq!(plain("a\u{202e}b\u{200b}c\td"), "abc d");
        assert_eq!(plain(&"x".repeat(500)).chars().count(), LONGEST + 1);
    }
}
