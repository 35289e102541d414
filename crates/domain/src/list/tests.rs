//! Whole imports: what files turn into, however they are encoded, separated and cut.

use std::collections::BTreeSet;

use super::*;
use crate::phone::{PhoneError, Region};

mod random;

fn us() -> ListSettings {
    ListSettings {
        default_region: Some(Region::US),
        ..ListSettings::default()
    }
}

fn import(bytes: &[u8], settings: &ListSettings) -> Result<(Vec<Row>, ImportReport), ListError> {
    let mut importer = Importer::new(settings);
    let mut rows = importer.feed(bytes)?;
    let (last, report) = importer.finish()?;
    rows.extend(last);
    Ok((rows, report))
}

/// The same, in pieces of `size` bytes.
fn import_in_pieces(
    bytes: &[u8],
    settings: &ListSettings,
    size: usize,
) -> Result<(Vec<Row>, ImportReport), ListError> {
    let mut importer = Importer::new(settings);
    let mut rows = Vec::new();
    for piece in bytes.chunks(size) {
        rows.extend(importer.feed(piece)?);
    }
    let (last, report) = importer.finish()?;
    rows.extend(last);
    Ok((rows, report))
}

fn ok(text: &str) -> (Vec<Row>, ImportReport) {
    import(text.as_bytes(), &us()).unwrap()
}

fn names(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.name.as_str()).collect()
}

fn balanced(report: &ImportReport) -> bool {
    report.accepted + report.rejected.len() as u64 + report.duplicates.len() as u64 == report.rows
}

/// The only rejected row of a list with one good row.
#[track_caller]
fn rejected(row: &str) -> Rejected {
    let (rows, report) = ok(&format!(
        "name,phone,business_name\nGood,+442079460000,x\n{row}\n"
    ));
    assert_eq!((rows.len(), report.rejected.len()), (1, 1), "{report:?}");
    report.rejected.into_iter().next().unwrap()
}

#[test]
fn a_plain_list_is_read_whole() {
    let (rows, report) =
        ok("name,business_name,phone,City\nAda Lovelace,\"Engines, Ltd\",(415) 555-0123 x7,London\n");
    assert_eq!(
        rows,
        [Row {
            line: 2,
            name: "Ada Lovelace".into(),
            business_name: "Engines, Ltd".into(),
            phone: crate::phone::Phone::from_e164("+14155550123").unwrap(),
            extension: Some("7".into()),
            phone_as_written: "(415) 555-0123 x7".into(),
            country_from: CountryFrom::List,
            repairs: vec![crate::phone::Repair::Extension],
            variables: [("City".to_owned(), "London".to_owned())].into(),
        }]
    );
    assert_eq!(
        (report.rows, report.accepted, report.repaired, report.delimiter),
        (1, 1, 1, ',')
    );
    assert_eq!(report.encoding, Encoding::Utf8);
    let understood: Vec<Meaning> = report.columns.iter().map(|column| column.meaning).collect();
    assert_eq!(
        understood,
        [
            Meaning::Name,
            Meaning::BusinessName,
            Meaning::Phone,
            Meaning::Variable
        ]
    );
}

#[test]
fn first_and_last_name_are_joined_and_kept() {
    let (rows, _) =
        ok("First Name,Last Name,phone\nAda,Lovelace,4155550123\n,Hopper,4155550124\nGrace,,4155550125\n");
    assert_eq!(names(&rows), ["Ada Lovelace", "Hopper", "Grace"]);
    assert_eq!(rows[0].variables["First Name"], "Ada");
}

#[test]
fn bad_rows_are_rejected_with_line_column_value_and_reason() {
    let (rows, report) = ok(concat!(
        "name,phone\r\n",
        "Ada,4155550123\r\n",
        "\r\n",
        "\"Bob\r\nJr\",12345\r\n",
        " ,4155550124\r\n",
        "Cid,4.15556E+09\r\n",
        "Dan,4155550125\r\n",
    ));
    assert_eq!(names(&rows), ["Ada", "Dan"]);
    let found: Vec<(u64, u64, &str, &str, String)> = report
        .rejected
        .iter()
        .map(|r| {
            (
                r.line,
                r.last_line,
                r.column.as_deref().unwrap(),
                r.value.as_str(),
                r.reason.to_string(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (4, 5, "phone", "12345", PhoneError::ShortNumber.to_string()),
            (6, 6, "name", "", "there is no name".into()),
            (7, 7, "phone", "4.15556E+09", PhoneError::DigitsLost.to_string()),
        ]
    );
    assert_eq!(rows[1].line, 8);
    assert!(balanced(&report) && report.rows == 5);
}

#[test]
fn duplicates_are_found_however_they_are_written() {
    let (rows, report) =
        ok("name,phone\nA,(415) 555-0123\nB,+1 415 555 0123\nC,4155550124\nD,1-415-555-0123 x9\n");
    assert_eq!(names(&rows), ["A", "C"]);
    let found: Vec<(u64, u64, &str)> = report
        .duplicates
        .iter()
        .map(|d| (d.line, d.first_line, d.phone.as_str()))
        .collect();
    assert_eq!(found, [(3, 2, "+14155550123"), (5, 2, "+14155550123")]);
}

#[test]
fn a_rejected_row_does_not_make_a_later_one_a_duplicate() {
    let (rows, report) = ok("name,phone\n,4155550123\nB,4155550123\n");
    assert_eq!((names(&rows), report.duplicates.len()), (vec!["B"], 0));
}

#[test]
fn short_rows_need_name_and_phone_and_long_rows_must_end_empty() {
    assert_eq!(
        rejected("Ada").reason,
        Reason::TooFewValues {
            expected: 3,
            found: 1
        }
    );
    assert_eq!(
        rejected("Ada,+442079460001,Acme, Inc").reason,
        Reason::TooManyValues {
            expected: 3,
            found: 4,
            delimiter: ','
        }
    );
    assert_eq!(
        rejected("Ada,+442079460001,Acme, Inc").value,
        "Ada,+442079460001,Acme, Inc"
    );
    let (rows, _) = ok("name,phone,business_name,City\nA,4155550123\nB,4155550124,Acme,Rome,, \n");
    assert_eq!(names(&rows), ["A", "B"]);
    assert_eq!(
        (rows[0].business_name.as_str(), rows[0].variables["City"].as_str()),
        ("", "")
    );
}

#[test]
fn too_long_values_and_error_marks_are_rejected() {
    assert_eq!(
        rejected(&format!("{},+442079460001", "n".repeat(201))).reason,
        Reason::ValueTooLong { limit: 200 }
    );
    assert_eq!(
        rejected(&format!("{},+442079460001", "n".repeat(201)))
            .value
            .len(),
        100
    );
    assert_eq!(rejected("#N/A,+442079460001").reason, Reason::MissingName);
    assert_eq!(rejected("#REF!,+442079460001").reason, Reason::SheetError);
    assert_eq!(
        rejected("Ada,#ERROR!").reason,
        Reason::Phone(PhoneError::SheetError)
    );
    let text = format!(
        "name,phone,Notes\nA,4155550123,{}\nB,4155550124,{}\n",
        "x".repeat(2_000),
        "x".repeat(2_001)
    );
    let (rows, report) = ok(&text);
    assert_eq!(names(&rows), ["A"]);
    assert_eq!(report.rejected[0].column.as_deref(), Some("Notes"));
}

#[test]
fn values_have_no_control_characters() {
    let (rows, _) = ok("name,phone,Notes\nA\0da\t L,415\0 555 0123,\"one\r\ntwo\x07\"\n");
    assert_eq!(
        (rows[0].name.as_str(), rows[0].variables["Notes"].as_str()),
        ("Ada L", "one\ntwo")
    );
}

#[test]
fn rows_inside_a_quote_that_is_never_closed_are_read() {
    let (rows, report) = ok("name,phone\nA,4155550123\n\"B,4155550124\nC,4155550125\nD,4155550126");
    assert_eq!(names(&rows), ["A", "C", "D"]);
    assert_eq!(
        report.rejected,
        [Rejected {
            line: 3,
            last_line: 3,
            column: None,
            value: "\"B,4155550124".into(),
            reason: Reason::UnclosedQuote { line: 3 },
        }]
    );
    // It must not swallow the beginning of a later row and take over that row's phone number.
    let (rows, report) =
        ok("name,business_name,phone\nBob,\"Acme,4155550123\nJim,\"Smith Ltd\",4155550124\n");
    assert_eq!(names(&rows), ["Jim"]);
    assert_eq!(report.rejected[0].line, 2);
}

#[test]
fn delimiters_and_line_breaks_of_all_kinds_are_understood() {
    for delimiter in [",", ";", "\t", "|"] {
        for newline in ["\n", "\r\n", "\r"] {
            let text = ["Phone,Name", "", "4155550123,\"A,B\"", ",,", "4155550124,C"]
                .join(newline)
                .replace(',', delimiter);
            let (rows, report) = ok(&text);
            assert_eq!(
                names(&rows),
                [format!("A{delimiter}B").trim().replace('\t', " "), "C".into()],
                "{text:?}"
            );
            assert_eq!(
                (report.rows, report.delimiter.to_string().as_str()),
                (2, delimiter)
            );
            assert_eq!(rows[1].line, 5);
        }
    }
}

#[test]
fn a_line_for_spreadsheets_names_the_delimiter() {
    let (rows, report) = ok("sep=;\r\nname, contact and so on;phone;name\r\nx;4155550123;A\r\n");
    assert_eq!(
        (names(&rows), report.delimiter, rows[0].line),
        (vec!["A"], ';', 3)
    );
}

#[test]
fn every_encoding_gives_the_same_rows() {
    let text = "name;phone;Ort\r\nZoë Ångström;+44 20 7946 0958;Köln – €\r\nÉmile;+442079460959;“Nice”\r\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(bytes).collect() };
    let (little, big) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
    let files: [(Vec<u8>, Encoding); 7] = [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), Encoding::Utf8),
        (little.clone(), Encoding::Utf16Le),
        ([&b"\xFF\xFE"[..], &little].concat(), Encoding::Utf16Le),
        (big.clone(), Encoding::Utf16Be),
        ([&b"\xFE\xFF"[..], &big].concat(), Encoding::Utf16Be),
        (
            encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
            Encoding::Windows1252,
        ),
    ];
    let (expected, _) = ok(text);
    assert_eq!(expected.len(), 2);
    for (bytes, encoding) in files {
        for size in [1, 2, 3, 7, 1_000] {
            let (rows, report) = import_in_pieces(&bytes, &us(), size).unwrap();
            assert_eq!(
                (&rows, report.encoding),
                (&expected, encoding),
                "{encoding:?} in pieces of {size}"
            );
        }
    }
}

#[test]
fn a_late_byte_that_is_not_utf8_changes_neither_earlier_nor_later_rows() {
    let mut bytes = b"name,phone\n".to_vec();
    for row in 0..9_000 {
        let name: &[u8] = if row == 8_990 {
            b"Zo\xEB"
        } else {
            "Zoë".as_bytes()
        };
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(format!(",+44207946{row:04}\n").as_bytes());
    }
    let (rows, report) = import(&bytes, &us()).unwrap();
    assert_eq!((report.accepted, report.encoding), (9_000, Encoding::Mixed));
    assert!(rows.iter().all(|row| row.name == "Zoë"));
}

#[test]
fn limits_stop_the_import() {
    let settings = ListSettings {
        max_bytes: 40,
        ..us()
    };
    let mut importer = Importer::new(&settings);
    importer.feed(b"name,phone\nA,4155550123\n").unwrap();
    let error = importer.feed(b"B,4155550124\nC,4155550125\n").unwrap_err();
    assert_eq!(error, ListError::TooLarge { limit_bytes: 40 });
    assert_eq!(importer.feed(b"").unwrap_err(), error);
    assert_eq!(importer.finish().unwrap_err(), error);

    let settings = ListSettings { max_rows: 2, ..us() };
    let two = "name,phone\nA,4155550123\n\nB,bad\n\n";
    assert_eq!(import(two.as_bytes(), &settings).unwrap().1.rows, 2);
    let three = format!("{two}A,4155550123\n");
    assert_eq!(
        import(three.as_bytes(), &settings).unwrap_err(),
        ListError::TooManyRows { limit: 2 }
    );

    let advice = "The file is larger than 10 MB. Split it into several lists, or raise MAX_FILE_UPLOAD_SIZE.";
    assert_eq!(
        ListError::TooLarge {
            limit_bytes: ListSettings::default().max_bytes
        }
        .to_string(),
        advice
    );
}

#[test]
fn files_that_are_no_lists_are_refused() {
    for empty in ["", "\n\n", " ,,\r\n", "\u{FEFF}"] {
        assert_eq!(
            import(empty.as_bytes(), &us()).unwrap_err(),
            ListError::Empty,
            "{empty:?}"
        );
    }
    let error = import(b"Ada,4155550123\nBob,4155550124\n", &us()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The first line must name the columns, such as name,business_name,phone, but it holds “Ada”, “4155550123”."
    );
    assert!(matches!(
        import(b"PK\x03\x04", &us()).unwrap_err(),
        ListError::NotText { .. }
    ));
    assert_eq!(
        import(b"\n\"name,phone\nA,1\n", &us()).unwrap_err(),
        ListError::BrokenHeader { line: 2 }
    );
    let (rows, report) = ok("name,phone\n");
    assert_eq!((rows.len(), report.rows), (0, 0));
}

#[test]
fn reports_survive_json_and_speak_to_people() {
    let (_, report) = ok("name,phone,City\nA,4155550123,x\nB,4155550123\nC,4.1E+09\n\"D");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        serde_json::from_value::<ImportReport>(json.clone()).unwrap(),
        report
    );
    assert_eq!(
        json["rejected"][0],
        serde_json::json!({
            "line": 4, "last_line": 4, "column": "phone", "value": "4.1E+09",
            "reason": {"kind": "phone", "code": "digits_lost"},
            "message": "the spreadsheet shortened this number; its last digits are lost",
        })
    );
    let errors = [
        ListError::Empty,
        ListError::NoHeader {
            first_line: vec!["a".into()],
        },
        ListError::AmbiguousColumn {
            meaning: Meaning::Phone,
            headers: vec![],
        },
    ];
    for error in errors {
        let json = serde_json::to_string(&error).unwrap();
        assert_eq!(serde_json::from_str::<ListError>(&json).unwrap(), error);
    }
}

#[test]
fn reading_hands_rows_on_until_told_to_stop() {
    let text = "name,phone\nA,4155550123\nB,4155550124\n";
    let mut seen = Vec::new();
    let report = read(text.as_bytes(), &us(), &mut |row| {
        seen.push(row.name);
        ControlFlow::Continue(())
    });
    assert_eq!(
        (report.unwrap().accepted, seen),
        (2, vec!["A".to_owned(), "B".to_owned()])
    );
    let stopped = read(text.as_bytes(), &us(), &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(ReadError::Stopped)));
}

#[test]
fn an_import_can_move_between_threads() {
    fn can_move<T: Send>(_: &T) {}
    can_move(&Importer::new(&us()));
}

/// The list that ships with the project: CRLF, national numbers of the US, all the usual damage.
#[test]
fn the_example_list_gives_what_it_was_made_to_give() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/leads.csv");
    let bytes = std::fs::read(path).unwrap();
    let (rows, report) = import(&bytes, &us()).unwrap();
    assert_eq!((report.rows, report.accepted, report.repaired), (334, 304, 61));
    assert_eq!((report.rejected.len(), report.duplicates.len()), (18, 12));
    assert!(balanced(&report) && rows.len() == 304);
    let regions: BTreeSet<String> = rows
        .iter()
        .filter_map(|row| row.phone.region())
        .map(|region| region.to_string())
        .collect();
    assert_eq!(
        regions.into_iter().collect::<Vec<_>>().join(" "),
        "AU CA DE FR GB SE US"
    );
    for size in [1, 1_000] {
        assert_eq!(
            import_in_pieces(&bytes, &us(), size).unwrap(),
            (rows.clone(), report.clone())
        );
    }
}

/// Guarantee *no stranger*: the country that a row states decides, and no other.
#[test]
fn national_numbers_are_read_in_the_country_of_their_row() {
    let (rows, report) = ok(concat!(
        "name,phone,country\n",
        "Marta Quill,4155550123,United States\n",
        "Jorge Paz,55 1234 5678,Mexico\n",
        "Ivo Dorn,07911 123456,GB\n",
        "Lena Roth,030 23125001,Germany\n",
        "Yuki Abe,090-1234-5678,JP\n",
        "Eva Sol,612 34 56 78,España\n",
        "Al Home,4155550124,\n",
        "Bo Home,4155550125,N/A\n",
        "Cy Far,+52 55 1234 5679,Narnia\n",
    ));
    let read: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.name.as_str(), row.phone.as_str()))
        .collect();
    assert_eq!(
        read,
        [
            ("Marta Quill", "+14155550123"),
            ("Jorge Paz", "+525512345678"),
            ("Ivo Dorn", "+447911123456"),
            ("Lena Roth", "+493023125001"),
            ("Yuki Abe", "+819012345678"),
            ("Eva Sol", "+34612345678"),
            ("Al Home", "+14155550124"),
            ("Bo Home", "+14155550125"),
            ("Cy Far", "+525512345679"),
        ],
        "{:?}",
        report.rejected
    );
    let by = |calling_code, country_from| {
        let found = report.numbers.iter();
        found
            .filter(|read| read.calling_code == calling_code && read.country_from == country_from)
            .map(|read| read.rows)
            .sum::<u64>()
    };
    assert_eq!((by(1, CountryFrom::Column), by(1, CountryFrom::List)), (1, 2));
    assert_eq!((by(52, CountryFrom::Column), by(52, CountryFrom::Number)), (1, 1));
    assert_eq!(rows[1].variables["country"], "Mexico");
    assert_eq!(report.columns[2].meaning, Meaning::Country);
}

/// A dialer's export: numbers without their trunk prefix, and the calling code in a column of its own.
#[test]
fn national_numbers_are_read_under_the_calling_code_of_their_row() {
    for header in [
        "phone_code",
        "Dial Code",
        "country_calling_code",
        "ISD",
        "Country Code",
    ] {
        let (rows, report) = ok(&format!(
            "name,phone,{header}\nA,3023125001,49\nB,4155550123,1\nC,030 23125002,+49\nD,20 7946 0958,0044\nE,4155550124,+1 (US)\n"
        ));
        let phones: Vec<&str> = rows.iter().map(|row| row.phone.as_str()).collect();
        assert_eq!(
            phones,
            [
                "+493023125001",
                "+14155550123",
                "+493023125002",
                "+442079460958",
                "+14155550124"
            ],
            "{header}: {:?}",
            report.rejected
        );
    }
}

#[test]
fn a_country_that_contradicts_or_cannot_be_read_refuses_the_row() {
    let (rows, report) = ok(concat!(
        "name,phone,country,phone code\n",
        "A,+442079460958,Mexico,\n",
        "B,4155550123,Germany,1\n",
        "C,4155550124,Narnia,\n",
        "D,4155550125,,7777777\n",
        "E,+14155550126,Canada,1\n",
        "F,14155550127,Mexico,\n",
        "G,4155550128,Canada,+1\n",
    ));
    assert_eq!(names(&rows), ["E", "G"], "{:?}", report.rejected);
    let reasons: Vec<(u64, &str, String)> = report
        .rejected
        .iter()
        .map(|row| (row.line, row.column.as_deref().unwrap(), row.reason.to_string()))
        .collect();
    assert_eq!(
        reasons,
        [
            (
                2,
                "phone",
                "the row says MX (+52), but this is a number with the country code +44; correct one of them".to_owned()
            ),
            (
                3,
                "phone code",
                "the row says that the number is of US (+1) and that the person is in DE (+49); correct one of them"
                    .to_owned()
            ),
            (4, "country", Reason::UnknownCountry.to_string()),
            (5, "phone code", Reason::UnknownCountry.to_string()),
            (
                7,
                "phone",
                "the row says MX (+52), but this is a number with the country code +1; correct one of them".to_owned()
            ),
        ]
    );
}

/// A number is the person's; the business may be elsewhere.
#[test]
fn the_country_of_a_business_counts_where_no_other_is_told_and_refuses_nothing() {
    let (rows, report) = ok(concat!(
        "name,phone,Company Country,Country\n",
        "A,030 23125001,Germany,\n",
        "B,+442079460958,Germany,\n",
        "C,55 1234 5678,Germany,Mexico\n",
    ));
    let phones: Vec<&str> = rows.iter().map(|row| row.phone.as_str()).collect();
    assert_eq!(
        phones,
        ["+493023125001", "+442079460958", "+525512345678"],
        "{:?}",
        report.rejected
    );
}

#[test]
fn words_for_nothing_are_empty_values() {
    let (rows, report) =
        ok("name,phone,business_name,Notes\nnan,4155550123,x,\nAda,4155550124,NaN,None\nBob,N/A,,\n");
    assert_eq!(names(&rows), ["Ada"]);
    assert_eq!(
        (
            rows[0].business_name.as_str(),
            rows[0].variables["Notes"].as_str()
        ),
        ("", "")
    );
    let reasons: Vec<String> = report.rejected.iter().map(|row| row.reason.to_string()).collect();
    assert_eq!(reasons, ["there is no name", "there is no phone number"]);
}
