//! Dates as publishers type them.
//!
//! The publishers are American: of `7/11/2019` the month comes first. A text that could be read in
//! two ways is read as far as both agree, or not at all.

use chrono::{Datelike, Duration, NaiveDate};

use crate::record::{PartialDate, Precision};

/// Two-digit years up to this one are of this century.
const LAST_YEAR_OF_THIS_CENTURY: i32 = 69;

/// Years before this one are typing errors.
const FIRST_YEAR: i32 = 1900;

/// Longer texts are no dates; keeps the work bounded.
const LONGEST: usize = 40;

/// Why a text gives no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum DateProblem {
    /// It is in none of the forms known.
    #[error("no date in any form known")]
    Unreadable,
    /// It names a day that does not exist or lies after the ceiling.
    #[error("a day that does not exist or lies in the future")]
    Impossible,
}

/// A piece of a text that may be a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Number(&'a str),
    Word(&'a str),
    Mark(char),
}

/// Reads a date; a vague one is its first day.
///
/// Of a range of years the first counts. Two-digit years are 1970 to 2069. A whole number of five
/// digits is the serial number of a day in a spreadsheet. A date after `ceiling`, the day the text
/// was published at the latest, is impossible.
pub(super) fn parse(text: &str, ceiling: NaiveDate) -> Result<PartialDate, DateProblem> {
    let tokens = tokens(text).ok_or(DateProblem::Unreadable)?;
    let date = match tokens.as_slice() {
        [Token::Number(number)] => year_or_serial(number),
        [Token::Number(first), Token::Mark('/' | '-'), Token::Number(second)] => {
            two_numbers(first, second)
        }
        [
            Token::Number(first),
            Token::Mark('/' | '-'),
            Token::Number(second),
            Token::Mark('/' | '-' | ','),
            Token::Number(third),
        ] => three_numbers(first, second, third),
        [Token::Word(word), Token::Number(year)]
        | [Token::Word(word), Token::Mark(',' | '.'), Token::Number(year)] => {
            month(named_month(word)?, whole_year(year)?)
        }
        [Token::Word(word), rest @ ..] => month_first(word, rest),
        [Token::Number(number), Token::Word(word), rest @ ..] => day_first(number, word, rest),
        [Token::Number(number), Token::Mark('-'), Token::Word(word), rest @ ..] => {
            day_first(number, word, rest)
        }
        _ => Err(DateProblem::Unreadable),
    }?;
    if date.on > ceiling { Err(DateProblem::Impossible) } else { Ok(date) }
}

/// The pieces of a text, without the blanks between them; none if it is no date by its look.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut rest = text.trim();
    if rest.len() > LONGEST {
        return None;
    }
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let token = if first.is_ascii_digit() {
            Token::Number(leading(rest, |c| c.is_ascii_digit()))
        } else if first.is_ascii_alphabetic() {
            Token::Word(leading(rest, |c| c.is_ascii_alphabetic()))
        } else {
            Token::Mark(if is_dash(first) { '-' } else { first })
        };
        let length = match token {
            Token::Number(text) | Token::Word(text) => text.len(),
            Token::Mark(_) => first.len_utf8(),
        };
        // `1st`: the ending of an ordinal says nothing.
        let ordinal = matches!(tokens.last(), Some(Token::Number(number)) if number.len() <= 2)
            && matches!(token, Token::Word("st" | "nd" | "rd" | "th"));
        if !ordinal {
            tokens.push(token);
        }
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

/// En and em dash and the minus sign stand for a hyphen.
fn is_dash(mark: char) -> bool {
    matches!(mark, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn leading(text: &str, is: fn(char) -> bool) -> &str {
    text.split_once(|c| !is(c)).map_or(text, |(leading, _)| leading)
}

/// `2018`, or `43146`: days since 30 December 1899.
fn year_or_serial(number: &str) -> Result<PartialDate, DateProblem> {
    if number.len() != 5 {
        return year(whole_year(number)?);
    }
    let serial: i64 = number.parse().map_err(unreadable)?;
    let on = NaiveDate::from_ymd_opt(1899, 12, 30)
        .and_then(|start| start.checked_add_signed(Duration::days(serial)))
        .filter(|on| on.year() >= 1970)
        .ok_or(DateProblem::Unreadable)?;
    Ok(PartialDate { on, precision: Precision::Day })
}

/// `04/2019`, `2019-04`, `2016-17`, `2017-2019`, `2014/2015`; never a day and a month.
fn two_numbers(first: &str, second: &str) -> Result<PartialDate, DateProblem> {
    match (first.len(), second.len()) {
        (1 | 2, 4) => month(small(first)?, whole_year(second)?),
        (4, 4) => {
            let (from, to) = (whole_year(first)?, whole_year(second)?);
            if from <= to { year(from) } else { Err(DateProblem::Unreadable) }
        }
        (4, 2) => {
            let (from, number) = (whole_year(first)?, small(second)?);
            // `2008-09` is a month or a range of years: the year is right either way.
            let may_be_range = i32::try_from(number).map_err(unreadable)? > from % 100;
            match (may_be_range, number) {
                (true, _) => year(from),
                (false, 1..=12) => month(number, from),
                (false, _) => Err(DateProblem::Unreadable),
            }
        }
        _ => Err(DateProblem::Unreadable),
    }
}

/// `7/11/2019`, `07-11-19`, `01/17,2019`, `2019-07-11`.
fn three_numbers(first: &str, second: &str, third: &str) -> Result<PartialDate, DateProblem> {
    if first.len() == 4 {
        day(whole_year(first)?, small(second)?, small(third)?)
    } else {
        day(any_year(third)?, small(first)?, small(second)?)
    }
}

/// `June 1, 2016`, `Mar. 26 2014`.
fn month_first(word: &str, rest: &[Token<'_>]) -> Result<PartialDate, DateProblem> {
    let rest = rest.strip_prefix(&[Token::Mark('.')]).unwrap_or(rest);
    match rest {
        [Token::Number(number), Token::Number(year)]
        | [Token::Number(number), Token::Mark(','), Token::Number(year)] => {
            day(whole_year(year)?, named_month(word)?, small(number)?)
        }
        _ => Err(DateProblem::Unreadable),
    }
}

/// `26 Mar 2014`, `26-Mar-2014`.
fn day_first(number: &str, word: &str, rest: &[Token<'_>]) -> Result<PartialDate, DateProblem> {
    let rest = rest.strip_prefix(&[Token::Mark('.')]).unwrap_or(rest);
    match rest {
        [Token::Number(year)] | [Token::Mark(',' | '-'), Token::Number(year)] => {
            day(any_year(year)?, named_month(word)?, small(number)?)
        }
        _ => Err(DateProblem::Unreadable),
    }
}

fn day(year: i32, month: u32, day: u32) -> Result<PartialDate, DateProblem> {
    let on = NaiveDate::from_ymd_opt(year, month, day).ok_or(DateProblem::Impossible)?;
    Ok(PartialDate { on, precision: Precision::Day })
}

fn month(month: u32, year: i32) -> Result<PartialDate, DateProblem> {
    let date = day(year, month, 1)?;
    Ok(PartialDate { precision: Precision::Month, ..date })
}

fn year(year: i32) -> Result<PartialDate, DateProblem> {
    let date = day(year, 1, 1)?;
    Ok(PartialDate { precision: Precision::Year, ..date })
}

/// A year of four digits.
fn whole_year(number: &str) -> Result<i32, DateProblem> {
    let year: i32 = number.parse().map_err(unreadable)?;
    if number.len() == 4 && year >= FIRST_YEAR { Ok(year) } else { Err(DateProblem::Unreadable) }
}

/// A year of four or two digits.
fn any_year(number: &str) -> Result<i32, DateProblem> {
    if number.len() != 2 {
        return whole_year(number);
    }
    let year: i32 = number.parse().map_err(unreadable)?;
    Ok(if year <= LAST_YEAR_OF_THIS_CENTURY { 2000 + year } else { 1900 + year })
}

/// A month or day: one or two digits.
fn small(number: &str) -> Result<u32, DateProblem> {
    if number.len() > 2 {
        return Err(DateProblem::Unreadable);
    }
    number.parse().map_err(unreadable)
}

/// A month by its English name, or the first three letters of it or more.
fn named_month(word: &str) -> Result<u32, DateProblem> {
    let word = word.to_ascii_lowercase();
    let names = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    if word.len() < 3 {
        return Err(DateProblem::Unreadable);
    }
    (1..)
        .zip(names)
        .find_map(|(number, name)| name.starts_with(&word).then_some(number))
        .ok_or(DateProblem::Unreadable)
}

fn unreadable<E>(_: E) -> DateProblem {
    DateProblem::Unreadable
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::{any, proptest};

    use super::{DateProblem, parse};

    fn ceiling() -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 10, 7).unwrap()
    }

    /// The date and its precision in one text, or what is wrong.
    fn read(text: &str) -> String {
        match parse(text, ceiling()) {
            Ok(date) => format!("{} {}", date.on, date.precision),
            Err(DateProblem::Unreadable) => "unreadable".to_owned(),
            Err(DateProblem::Impossible) => "impossible".to_owned(),
        }
    }

    #[test]
    fn every_form_publishers_type_is_read() {
        for (text, expected) in [
            ("9/3/19", "2019-09-03 day"),
            ("8/29/19 ", "2019-08-29 day"),
            ("  12/27/2012", "2012-12-27 day"),
            ("02/26/2018", "2018-02-26 day"),
            ("07-11-2019", "2019-07-11 day"),
            ("01/17,2019", "2019-01-17 day"),
            ("2019-07-11", "2019-07-11 day"),
            ("2019/07/11", "2019-07-11 day"),
            ("26 Mar 2014", "2014-03-26 day"),
            ("26-Mar-2014", "2014-03-26 day"),
            ("26 March, 2014", "2014-03-26 day"),
            ("June 1, 2016", "2016-06-01 day"),
            ("June 1st, 2016", "2016-06-01 day"),
            ("Sept. 3 2019", "2019-09-03 day"),
            ("43146", "2018-02-15 day"),
            ("9/3/69", "impossible"),
            ("9/3/70", "1970-09-03 day"),
            ("9/3/99", "1999-09-03 day"),
            ("2/29/00", "2000-02-29 day"),
            ("04/2019", "2019-04-01 month"),
            ("4/2019", "2019-04-01 month"),
            ("2019-04", "2019-04-01 month"),
            ("September 2020", "2020-09-01 month"),
            ("Sep, 2020", "2020-09-01 month"),
            ("may 2020", "2020-05-01 month"),
            ("2018", "2018-01-01 year"),
            ("2016-17", "2016-01-01 year"),
            ("2016\u{2013}17", "2016-01-01 year"),
            ("2017-2019", "2017-01-01 year"),
            ("2017 - 2019", "2017-01-01 year"),
            ("2014/2015", "2014-01-01 year"),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_two_readings_share_is_kept() {
        // September 2008, or 2008 to 2009.
        assert_eq!(read("2008-09"), "2008-01-01 year");
        assert_eq!(read("2019-12"), "2019-12-01 month");
    }

    #[test]
    fn what_is_no_date_is_unreadable() {
        for text in [
            "",
            " ",
            "21, 2019",
            "10/4",
            "10/2",
            "n/a",
            "unknown",
            "Summer 2019",
            "2019-2017",
            "Ma 2019",
            "Marchx 2019",
            "1/2/3",
            "1/2/019",
            "1/2/20190",
            "123/1/2019",
            "9 3 2019",
            "9/3/19 9/4/19",
            "201",
            "0201",
            "1776",
            "20199",
            "1234567",
            "9.3.2019",
            "-2019",
            "2019-7-1-2",
            "26 Mar",
            "Mar 26",
            "\u{661}/\u{662}/2019",
            "2014-00",
            "9/3/2019 or perhaps a little later than that",
        ] {
            assert_eq!(read(text), "unreadable", "{text:?}");
        }
    }

    #[test]
    fn days_that_do_not_exist_or_are_to_come_are_impossible() {
        for text in [
            "2/30/2019",
            "2/29/19",
            "13/1/2019",
            "0/5/2019",
            "4/0/2019",
            "2019-02-30",
            "13/2019",
            "31 Jun 2019",
            "10/8/2020",
            "11/2020",
            "2021",
            "2021-2023",
            "94110",
            "9/3/2109",
        ] {
            assert_eq!(read(text), "impossible", "{text:?}");
        }
        assert_eq!(read("10/7/2020"), "2020-10-07 day", "the ceiling itself is allowed");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = parse(&text, ceiling());
        }

        #[test]
        fn no_text_that_looks_like_a_date_makes_it_panic_or_go_beyond_the_ceiling(
            text in "[0-9]{0,6}[-/, .–]{0,2}([A-Za-z]{0,9}|[0-9]{0,5})[-/, .]{0,2}[0-9]{0,6}",
        ) {
            if let Ok(date) = parse(&text, ceiling()) {
                assert!(date.on <= ceiling());
            }
        }

        #[test]
        fn a_day_in_the_publishers_forms_is_that_day(days in 0_i64..18_000) {
            let on = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Duration::days(days);
            for form in ["%-m/%-d/%Y", "%m/%d/%y", "%Y-%m-%d", "%d %b %Y", "%B %-d, %Y"] {
                assert_eq!(parse(&on.format(form).to_string(), ceiling()).unwrap().on, on);
            }
        }
    }
}
