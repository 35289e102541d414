//! The promises of the module as a whole: what is read, what is refused and why, and what is never done.

use proptest::prelude::*;

use super::*;

fn region(code: &str) -> Option<Region> {
    (code != "-").then(|| code.parse().unwrap())
}

fn parse(text: &str, default: &str) -> Result<Parsed, PhoneError> {
    Phone::parse(text, region(default))
}

#[track_caller]
fn reads(text: &str, default: &str, e164: &str, repairs: &[Repair]) {
    let parsed = parse(text, default).unwrap_or_else(|error| panic!("{text:?} in {default}: {error}"));
    assert_eq!(
        (parsed.phone.as_str(), parsed.repairs.as_slice()),
        (e164, repairs),
        "{text:?} in {default}"
    );
}

#[track_caller]
fn refuses(text: &str, default: &str, reason: &PhoneError) {
    assert_eq!(
        parse(text, default).as_ref(),
        Err(reason),
        "{text:?} in {default}"
    );
}

#[test]
fn international_numbers_are_read_in_any_formatting() {
    for text in [
        "+442079460958",
        "+44 20 7946 0958",
        "+44 (0)20 7946 0958",
        "+44(0)2079460958",
        "+44.20.7946.0958",
        "+44-20-7946-0958",
        "+44–20—7946−0958",
        "+44/20/7946/0958",
        "+44\u{A0}20\u{202F}7946\t0958",
        "  + 44 20 7946 0958  ",
        "(+44) 20 7946 0958",
        "++44 20 7946 0958",
        "+44 020 7946 0958",
        "+44 [20] 7946_0958",
    ] {
        for default in ["-", "US", "GB", "DE"] {
            reads(text, default, "+442079460958", &[]);
        }
    }
}

#[test]
fn the_default_region_never_touches_a_number_with_a_plus() {
    for default in Region::all() {
        for e164 in [
            "+4915228817386",
            "+14155550123",
            "+33199001234",
            "+61255501234",
            "+3531850123456",
        ] {
            assert_eq!(
                Phone::parse(e164, Some(default)).unwrap().phone.as_str(),
                e164,
                "{default}"
            );
        }
    }
}

#[test]
fn national_numbers_are_read_in_the_default_region() {
    reads("(415) 555-0123", "US", "+14155550123", &[]);
    reads("1-415-555-0123", "US", "+14155550123", &[]);
    reads("14155550123", "US", "+14155550123", &[]);
    reads("416.555.0123", "US", "+14165550123", &[]);
    reads("020 7946 0958", "GB", "+442079460958", &[]);
    reads("2079460958", "GB", "+442079460958", &[]);
    reads("030/23125000", "DE", "+493023125000", &[]);
    reads("06 12345678", "IT", "+390612345678", &[]);
    reads("138 1234 5678", "CN", "+8613812345678", &[]);
    reads("13012345678", "CN", "+8613012345678", &[]);
}

#[test]
fn a_country_code_is_never_invented() {
    for text in [
        "020 7946 0958",
        "(415) 555-0123",
        "4155550123",
        "2079460958",
        "0123456789012",
    ] {
        refuses(text, "-", &PhoneError::NoCountryCode);
    }
    assert_eq!(
        PhoneError::NoCountryCode.to_string(),
        "the country code is missing; write + and the country code, or choose a default country for the list"
    );
}

#[test]
fn damage_by_spreadsheets_is_undone_where_it_is_certain() {
    use Repair::{FloatSuffix, LeadingApostrophe, LostPlus, QuotedText, ScientificNotation};
    reads(
        "4.42079460958E+11",
        "GB",
        "+442079460958",
        &[ScientificNotation, LostPlus],
    );
    reads(
        "4.42079460958e+11",
        "-",
        "+442079460958",
        &[ScientificNotation, LostPlus],
    );
    reads(
        "4,42079460958E+11",
        "US",
        "+442079460958",
        &[ScientificNotation, LostPlus],
    );
    reads("4.155550123E+09", "US", "+14155550123", &[ScientificNotation]);
    reads("442079460958.0", "GB", "+442079460958", &[FloatSuffix, LostPlus]);
    reads("4155550123.0", "US", "+14155550123", &[FloatSuffix]);
    reads("'+442079460958", "-", "+442079460958", &[LeadingApostrophe]);
    reads("’020 7946 0958", "GB", "+442079460958", &[LeadingApostrophe]);
    reads("=\"+442079460958\"", "-", "+442079460958", &[QuotedText]);
    for default in ["-", "US", "GB"] {
        refuses("4.42079E+11", default, &PhoneError::DigitsLost);
        refuses("4.4207946095E+11", default, &PhoneError::DigitsLost);
        refuses("#NAME?", default, &PhoneError::SheetError);
        refuses("########", default, &PhoneError::SheetError);
    }
    assert_eq!(
        PhoneError::DigitsLost.to_string(),
        "the spreadsheet shortened this number; its last digits are lost"
    );
}

#[test]
fn a_lost_plus_is_put_back_only_where_nothing_else_fits() {
    use Repair::LostPlus;
    reads("442079460958", "-", "+442079460958", &[LostPlus]);
    reads("44 20 7946 0958", "US", "+442079460958", &[LostPlus]);
    reads("442079460958", "US", "+442079460958", &[LostPlus]);
    reads("442079460958", "GB", "+442079460958", &[LostPlus]);
    reads("14155550123", "-", "+14155550123", &[LostPlus]);
    reads("1 415 555 0123", "GB", "+14155550123", &[LostPlus]);
    reads("493023125000", "DE", "+493023125000", &[LostPlus]);
    reads("4915228817386", "DE", "+4915228817386", &[LostPlus]);
    // Ten digits are too few, even where the number would be valid.
    refuses("6421551234", "-", &PhoneError::NoCountryCode);
    // A San Francisco number with one digit too many would be a Swiss one.
    refuses("41555501234", "US", &PhoneError::Ambiguous { region: Region::US });
    refuses(
        "(415) 555-01234",
        "US",
        &PhoneError::Ambiguous { region: Region::US },
    );
    // A German mobile number that lost its 0 would be one in Texas.
    refuses(
        "15123456789",
        "DE",
        &PhoneError::Ambiguous {
            region: region("DE").unwrap(),
        },
    );
    reads("015123456789", "DE", "+4915123456789", &[]);
    // Ten digits are American in an American list, even if they would be valid abroad.
    refuses("4910301234", "US", &PhoneError::NotInUse { calling_code: 1 });
}

#[test]
fn international_prefixes_stand_for_the_plus() {
    use Repair::InternationalPrefix;
    for default in ["-", "US", "GB", "DE", "BR", "HK", "JP"] {
        reads(
            "0044 20 7946 0958",
            default,
            "+442079460958",
            &[InternationalPrefix],
        );
        reads(
            "+0044 20 7946 0958",
            default,
            "+442079460958",
            &[InternationalPrefix],
        );
        reads(
            "0041 44 668 18 00",
            default,
            "+41446681800",
            &[InternationalPrefix],
        );
    }
    reads(
        "011 44 20 7946 0958",
        "US",
        "+442079460958",
        &[InternationalPrefix],
    );
    refuses("011 44 20 7946 0958", "-", &PhoneError::NoCountryCode);
    refuses("00999 20 7946 0958", "-", &PhoneError::UnknownCountryCode);
}

#[test]
fn links_and_extensions_are_taken_apart() {
    use Repair::{Extension, TelUri};
    for (text, repairs) in [
        ("tel:+44-20-7946-0958;ext=123", &[TelUri, Extension][..]),
        ("Tel: +44 20 7946 0958 x123", &[TelUri, Extension]),
        ("+44 20 7946 0958 x123", &[Extension]),
        ("+44 20 7946 0958 ext. 123", &[Extension]),
        ("+44 20 7946 0958 #123", &[Extension]),
        (
            "+44 20 7946 0958 ｅｘｔ１２３",
            &[Repair::UnicodeDigits, Extension],
        ),
    ] {
        let parsed = parse(text, "-").unwrap();
        assert_eq!(
            (
                parsed.phone.as_str(),
                parsed.extension.as_deref(),
                parsed.repairs.as_slice()
            ),
            ("+442079460958", Some("123"), repairs),
            "{text}"
        );
    }
    reads(
        "tel:020-7946-0958;phone-context=+44",
        "-",
        "+442079460958",
        &[TelUri],
    );
}

#[test]
fn characters_that_phones_and_web_pages_add_do_no_harm() {
    use Repair::{InvisibleCharacters, UnicodeDigits};
    reads(
        "\u{202A}+44 20 7946 0958\u{202C}",
        "-",
        "+442079460958",
        &[InvisibleCharacters],
    );
    reads(
        "\u{FEFF}+44\u{200B}20\u{AD}79460958",
        "-",
        "+442079460958",
        &[InvisibleCharacters],
    );
    reads(
        "＋４４ ２０ ７９４６ ０９５８",
        "-",
        "+442079460958",
        &[UnicodeDigits],
    );
    reads("+٤٤٢٠٧٩٤٦٠٩٥٨", "-", "+442079460958", &[UnicodeDigits]);
}

#[test]
fn letters_are_digits_only_in_toll_free_words() {
    reads("1-800-FLOWERS", "US", "+18003569377", &[Repair::KeypadLetters]);
    reads("+1 800 flowers", "-", "+18003569377", &[Repair::KeypadLetters]);
    reads("1300 FLIGHT", "AU", "+611300354448", &[Repair::KeypadLetters]);
    for (text, default) in [
        ("415-555-CELL", "US"),
        ("030 123456 HOME", "DE"),
        ("1-800-CONTACTS", "US"),
        ("call me", "US"),
        ("someletters1110@example.com", "US"),
        ("+44 20 7946 0958 mobile", "-"),
        ("n/a", "US"),
        ("0xd2dc00a30027c9d5", "US"),
        ("телефон", "US"),
    ] {
        refuses(text, default, &PhoneError::Letters);
    }
}

#[test]
fn emergency_and_short_numbers_are_refused() {
    for default in Region::all() {
        for text in ["911", "112", "999", "000", "110", "101", "119", "+911", "*"] {
            assert!(Phone::parse(text, Some(default)).is_err(), "{text} in {default}");
        }
    }
    for text in ["911", "112", "116 117", "+1911", "5"] {
        refuses(text, "US", &PhoneError::ShortNumber);
        refuses(text, "-", &PhoneError::ShortNumber);
    }
}

#[test]
fn refusals_name_the_cause() {
    for (text, default, reason) in [
        ("", "US", PhoneError::Empty),
        (" \u{A0}\u{200B} ", "US", PhoneError::Empty),
        ("'", "US", PhoneError::Empty),
        ("-", "US", PhoneError::NotANumber),
        ("()", "-", PhoneError::NotANumber),
        ("555-0123", "US", PhoneError::MissingAreaCode),
        ("(415) 555-012", "US", PhoneError::TooShort),
        ("+1 415 555 01234", "-", PhoneError::TooLong),
        ("+49 30 1234567890123456", "-", PhoneError::TooLong),
        ("+86 17900 2000000000", "-", PhoneError::TooLong),
        ("+44 20 7946 095", "-", PhoneError::NotInUse { calling_code: 44 }),
        ("(000) 000-0000", "US", PhoneError::NotInUse { calling_code: 1 }),
        ("+999 1234567", "-", PhoneError::UnknownCountryCode),
        ("+0 20 7946 0958", "-", PhoneError::UnknownCountryCode),
        ("020 7946 0958, 020 7946 0959", "GB", PhoneError::SeveralNumbers),
        ("020 7946 0958 / 020 7946 0959", "GB", PhoneError::SeveralNumbers),
        ("030 1234567/68", "DE", PhoneError::SeveralNumbers),
        ("+442079460958+442079460959", "GB", PhoneError::SeveralNumbers),
        (
            "*67 415 555 0123",
            "US",
            PhoneError::OddCharacter { character: '*' },
        ),
        ("12:30", "US", PhoneError::OddCharacter { character: ':' }),
        (
            "442,079,460,958",
            "GB",
            PhoneError::OddCharacter { character: ',' },
        ),
        ("415 555 01²3", "US", PhoneError::OddCharacter { character: '²' }),
    ] {
        refuses(text, default, &reason);
    }
}

#[test]
fn a_phone_is_e164_wherever_it_comes_from() {
    let phone = Phone::from_e164("+442079460958").unwrap();
    assert_eq!(serde_json::to_string(&phone).unwrap(), "\"+442079460958\"");
    assert_eq!(serde_json::from_str::<Phone>("\"+442079460958\"").unwrap(), phone);
    for text in [
        "",
        "+",
        "442079460958",
        "+44 2079460958",
        "+0442079460958",
        "+123456",
        "+1234567890123456",
        "+44２079460958",
    ] {
        assert_eq!(Phone::from_e164(text), Err(PhoneError::NotE164), "{text}");
        assert!(serde_json::from_value::<Phone>(text.into()).is_err(), "{text}");
    }
}

#[test]
fn a_phone_knows_its_region_and_can_be_shown_and_hidden() {
    let phone = Phone::from_e164("+442079460958").unwrap();
    assert_eq!(phone.region(), Some(Region::GB));
    assert_eq!(phone.international(), "+44 20 7946 0958");
    assert_eq!(phone.masked(), "+••••••••••58");
    assert_eq!(phone.key(), 442_079_460_958);
    assert_eq!(Phone::from_e164("+80012345678").unwrap().region(), None);
    assert_eq!(Phone::from_e164("+9991234567").unwrap().region(), None);
    assert_eq!(
        Phone::from_e164("+9991234567").unwrap().international(),
        "+9991234567"
    );
}

fn some_region() -> impl Strategy<Value = Option<Region>> {
    prop::option::of(prop::sample::select(Region::all()))
}

/// Text that looks enough like a number to get past the first checks.
fn number_like() -> impl Strategy<Value = String> {
    prop_oneof![
        "[+＋]{0,2}[0-9 ().\\-/xX#;,*eE+&'\"=]{0,30}",
        "(00|\\+|tel:|011)?[0-9]{5,20}(\\.0|E\\+[0-9]{1,2}| x[0-9]{1,9}|;ext=[0-9]{1,9})?",
        "[0-9]\\.[0-9]{0,14}[eE]\\+?[0-9]{1,3}",
        "[0-9٠-٩０-９]{3,14}",
    ]
}

fn ascii_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read_or_refused_without_panic(text in any::<String>(), region in some_region()) {
        let _ = Phone::parse(&text, region);
    }

    #[test]
    fn whatever_is_read_is_valid_e164_and_reads_as_itself(text in number_like(), region in some_region()) {
        if let Ok(parsed) = Phone::parse(&text, region) {
            prop_assert!(is_e164(parsed.phone.as_str()));
            for default in [None, region, Some(Region::US)] {
                let again = Phone::parse(parsed.phone.as_str(), default).unwrap();
                prop_assert_eq!(&again.phone, &parsed.phone);
                prop_assert!(again.repairs.is_empty() && again.extension.is_none());
            }
            let grouped = Phone::parse(&parsed.phone.international(), region).unwrap();
            prop_assert_eq!(grouped.phone, parsed.phone);
        }
    }

    #[test]
    fn the_digits_of_an_international_number_are_kept(digits in "[1-9][0-9]{4,17}", region in some_region()) {
        if let Ok(parsed) = Phone::parse(&format!("+{digits}"), region) {
            let read = ascii_digits(parsed.phone.as_str());
            // Between the country code and the last digits, the plan of the country may drop a trunk prefix, or add
            // the mark of its mobile numbers or its only area code.
            prop_assert_eq!(&read[..1], &digits[..1]);
            prop_assert_eq!(&read[read.len() - 5..], &digits[digits.len() - 5..]);
            prop_assert!(digits.len() <= read.len() + 3 && read.len() <= digits.len() + 4, "{} {}", digits, read);
        }
    }

    #[test]
    fn the_last_digits_of_a_bare_number_stay_last(digits in "[0-9]{7,18}", region in some_region()) {
        if let Ok(parsed) = Phone::parse(&digits, region) {
            let tail = &digits[digits.len() - 5..];
            prop_assert!(parsed.phone.as_str().ends_with(tail), "{} {}", digits, parsed.phone);
        }
    }

    #[test]
    fn shortened_numbers_are_never_read(mantissa in "[1-9]\\.[0-9]{0,9}", places in 10_usize..15, region in some_region()) {
        prop_assert_eq!(Phone::parse(&format!("{mantissa}E+{places}"), region), Err(PhoneError::DigitsLost));
    }
}
