//! `licenses`: SPDX expressions, or `"detect"`.

use spdx::{
    Expression, ParseMode,
    error::Reason,
    identifiers::{EXCEPTIONS, LICENSES},
};

use super::{
    collect::{Collector, Extra as _, mistake, range},
    fields::{Value, strings, wrong_type},
    keys::{nearest, shorten},
    place,
};
use crate::model::{Change, Code, Located};

/// Names that several licences go by are not read as any one of them; `/` for `OR`, operators in
/// small letters and ids that SPDX has replaced are.
const MODE: ParseMode = ParseMode {
    allow_slash_as_or_operator: true,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    allow_unknown: false,
};

/// Reads the key: the list, and whether licences are to be found out from the unpacked file.
pub(super) fn licenses(
    all: &mut Collector<'_>,
    value: &Value<'_>,
) -> (Change<Vec<String>>, Change<bool>) {
    if let Some(text) = value.get_ref().as_str() {
        if text == "detect" {
            return (Change::Clear, Change::Set(true));
        }
        let near = nearest(text, ["detect"]).is_some();
        let help = if near {
            "write `licenses = \"detect\"`".to_owned()
        } else {
            format!("write `licenses = [\"{}\"]`, or `\"detect\"`", shorten(text))
        };
        wrong_type(all, "licenses", value, "a list of strings or `\"detect\"`", Some(help));
        return (Change::Keep, Change::Keep);
    }
    let Some(list) = strings(all, "licenses", value) else { return (Change::Keep, Change::Keep) };
    let list = list.iter().filter_map(|text| expression(all, text)).collect();
    (Change::Set(list), Change::Clear)
}

/// Reads one expression, and spells it as SPDX does.
fn expression(all: &mut Collector<'_>, text: &Located<String>) -> Option<String> {
    let Err(error) = Expression::parse_mode(&text.value, MODE) else {
        let spelt = Expression::canonicalize(&text.value).ok().flatten();
        return Some(spelt.unwrap_or_else(|| text.value.clone()));
    };
    let term = error.original.get(error.span.clone()).unwrap_or_default();
    let shown = shorten(&text.value);
    let named = LICENSES.iter().find(|it| it.full_name.eq_ignore_ascii_case(text.value.trim()));
    let (message, help) = if text.value == "detect" {
        let help = "write `licenses = \"detect\"`, without brackets";
        ("`detect` stands alone".to_owned(), help.to_owned())
    } else if let Some(named) = named {
        (format!("`{shown}` is the licence's name"), format!("its id is `{}`", named.name))
    } else {
        said(&error.reason, &shown, term)
    };
    let whole = range(text);
    // What is missing has no place of its own.
    let all_of_it =
        named.is_some() || matches!(error.reason, Reason::Empty | Reason::UnclosedParens);
    let at = place::inside(all.text, whole.clone(), error.span);
    let at = at.filter(|at| !all_of_it && !at.is_empty());
    all.add(mistake(Code::BAD_LICENSE, at.unwrap_or(whole), message).help(help));
    None
}

fn said(reason: &Reason, shown: &str, term: &str) -> (String, String) {
    let listed = "ids are listed at https://spdx.org/licenses/; what has none is a \
                  `LicenseRef-NAME`";
    match reason {
        Reason::UnknownLicense | Reason::UnknownException | Reason::UnknownTerm => {
            let help = match near(term, matches!(reason, Reason::UnknownException)) {
                Some(near) => {
                    format!("did you mean `{near}`? What has no id is a `LicenseRef-NAME`")
                }
                None => listed.to_owned(),
            };
            (format!("SPDX has no licence `{}`", shorten(term)), help)
        }
        Reason::InvalidCharacters => {
            (format!("`{shown}` has letters that no SPDX expression has"), listed.to_owned())
        }
        Reason::UnclosedParens | Reason::UnopenedParens => {
            (format!("`{shown}` has a bracket without its other half"), "close it".to_owned())
        }
        Reason::SeparatedPlus
        | Reason::GnuNoPlus
        | Reason::GnuPlusWithSuffix
        | Reason::DeprecatedLicenseId
        | Reason::Empty
        | Reason::Unexpected(_) => (
            format!("`{shown}` is no SPDX expression: {reason}"),
            "write ids, and `AND`, `OR`, `WITH` and brackets between them: \
             `\"Apache-2.0 OR MIT\"`; licences that all apply are entries of their own"
                .to_owned(),
        ),
    }
}

/// Returns the id that was likely meant.
fn near(term: &str, exception: bool) -> Option<&'static str> {
    if exception {
        return nearest(term, EXCEPTIONS.iter().map(|it| it.name));
    }
    let same = LICENSES.iter().find(|it| it.name.eq_ignore_ascii_case(term)).map(|it| it.name);
    let known = spdx::imprecise_license_id(term).filter(|(_, len)| *len == term.len());
    same.or_else(|| known.map(|(id, _)| id.name))
        .or_else(|| nearest(term, LICENSES.iter().map(|it| it.name)))
}
