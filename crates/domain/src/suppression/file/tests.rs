use proptest::prelude::*;

use super::*;

fn us() -> Settings {
    Settings {
        default_region: Some(Region::US),
        ..Settings::default()
    }
}

fn import(bytes: &[u8], settings: &Settings) -> Result<(Vec<Entry>, Report), ReadError> {
    let mut entries = Vec::new();
    let report = read(bytes, settings, &mut |entry| {
        entries.push(entry);
        ControlFlow::Continue(())
    })?;
    Ok((entries, report))
}

fn in_pieces(bytes: &[u8], settings: &Settings, size: usize) -> Result<(Vec<Entry>, Report), FileError> {
    let mut importer = Importer::new(settings);
    let mut entries = Vec::new();
    for piece in bytes.chunks(size) {
        entries.extend(importer.feed(piece)?);
    }
    let (last, report) = importer.finish()?;
    entries.extend(last);
    Ok((entries, report))
}

/// What went in, as text.
fn numbers(text: &str) -> Vec<String> {
    let (entries, _) = import(text.as_bytes(), &us()).unwrap();
    entries.iter().map(|entry| entry.pattern.to_string()).collect()
}

#[test]
fn every_format_without_a_header_is_read_from_its_first_line() {
    for text in [
        "201,5550123\n202,5550124\n",
        "2015550123\n2025550124\n",
        "+12015550123\n+12025550124",
        "12015550123\r\n12025550124\r\n",
        "(201) 555-0123\r(202) 555-0124\r",
        "\n\n201,5550123\n,\n202,5550124",
        "\"201\",\"5550123\"\n\"202\",\"5550124\"\n",
        "201;5550123\n202;5550124\n",
        "201\t5550123\n202\t5550124\n",
        "2015550123,mobile\n2025550124,phone\n",
        "Ann,2015550123\nBob,2025550124\n",
        "1001,2015550123\n1002,2025550124\n",
        "2026-11-20,2015550123\n2026-11-20,2025550124\n",
        "Ann,201,5550123\nBob,202,5550124\n",
        "sep=;\n201;5550123\n202;5550124\n",
        "\u{FEFF}2015550123\n2025550124\n",
    ] {
        assert_eq!(numbers(text), ["+12015550123", "+12025550124"], "{text:?}");
        let (_, report) = import(text.as_bytes(), &us()).unwrap();
        assert!(
            !report.header && report.rows == 2 && report.refused == 0,
            "{text:?}"
        );
    }
}

#[test]
fn the_national_register_needs_no_region_and_no_number_in_use() {
    let (entries, report) = import(b"201,5550123\n999,9999999\n", &Settings::default()).unwrap();
    assert_eq!(entries[1].pattern, Pattern::Exact("+19999999999".to_owned()));
    assert_eq!((report.rows, report.entered), (2, 2));
    let (entries, report) = import(b"2015550123\n+442079460958\n", &Settings::default()).unwrap();
    assert_eq!((entries.len(), report.refused), (1, 1));
    assert!(report.faults[0].reason.contains("country code"), "{report:?}");
}

#[test]
fn a_table_has_its_columns_in_any_order_and_spelling() {
    let text = "Reason;Expires At;Telephone;Source;City\n\
                asked by letter;2026-12-31;201-555-0123;post;X\n\
                ;2026-12-31T10:00:00Z;+44 20 7946 0958;;\n\
                \"lawyer; careful\";never;+1900*;court;\n";
    let (entries, report) = import(text.as_bytes(), &us()).unwrap();
    assert!(
        report.header && report.rows == 3 && report.faults.is_empty(),
        "{report:?}"
    );
    let told: Vec<[String; 4]> = entries
        .iter()
        .map(|entry| {
            [
                entry.pattern.to_string(),
                entry.reason.clone().unwrap_or_default(),
                entry.expires_at.map(UtcMs::to_iso).unwrap_or_default(),
                entry.source.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let end_everywhere = "2027-01-01T12:00:00.000Z";
    assert_eq!(
        told,
        [
            ["+12015550123", "asked by letter", end_everywhere, "post"],
            ["+442079460958", "", "2026-12-31T10:00:00.000Z", ""],
            ["+1900*", "lawyer; careful", "", "court"],
        ]
    );
    assert_eq!(entries[0].line, 2);
}

#[test]
fn an_area_code_column_belongs_to_the_number() {
    assert_eq!(
        numbers("Area Code,Phone Number\n201,5550123\n,2025550124\n"),
        ["+12015550123", "+12025550124"]
    );
}

#[test]
fn no_first_number_is_taken_for_a_header_however_bad_it_is() {
    for first in [
        "5550123",
        "911",
        "+1 201 555 012",
        "555-0123,mobile",
        "201,555012",
        "#N/A",
        "#N/A,mobile",
        "tel 201555012,phone",
        "tel 20155,mobile",
        "900*",
        "12015550123 / 12015550199",
    ] {
        let text = format!("{first}\n+12025550124,phone\n");
        let (entries, report) = import(text.as_bytes(), &us()).unwrap();
        assert!(!report.header, "{first}");
        assert_eq!(report.faults.len(), 1, "{first}: {report:?}");
        assert_eq!((report.faults[0].line, entries.len()), (1, 1), "{first}");
    }
    assert_eq!(numbers("1-800-FLOWERS,mobile\n"), ["+18003569377"]);
    // A word alone in the first line is reported too: nobody knows whether it was a header.
    let (entries, report) = import(b"Rufnummer\n+12025550124\n", &us()).unwrap();
    assert_eq!(
        (entries.len(), report.faults.len(), report.faults[0].line),
        (1, 1, 1)
    );
}

#[test]
fn a_header_is_not_taken_for_a_number() {
    for header in [
        "phone",
        "Phone Number",
        "number",
        "MOBILE,reason",
        "Name,Tel.",
        "phone,year 2026",
    ] {
        let (entries, report) = import(format!("{header}\n").as_bytes(), &us()).unwrap();
        assert!(
            report.header && entries.is_empty() && report.rows == 0,
            "{header}"
        );
    }
}

#[test]
fn bad_lines_are_told_with_line_and_reason_and_the_others_go_in() {
    let text = "phone,reason\n2015550123,ok\n12,short\n,nothing\n\"2025550124\n2035550125,ok\n900*,x\n";
    let (entries, report) = import(text.as_bytes(), &us()).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!((report.rows, report.entered, report.refused), (6, 2, 4));
    let told: Vec<(u64, &str)> = report
        .faults
        .iter()
        .map(|fault| (fault.line, fault.value.as_str()))
        .collect();
    assert_eq!(told, [(3, "12"), (4, ""), (5, "\"2025550124"), (7, "900*")]);
    assert!(report.faults[3].reason.contains("+1900*"));
}

#[test]
fn an_end_that_is_not_understood_suppresses_for_good_and_is_told() {
    for end in [
        "31/12/2026",
        "soon",
        "2026-13-01",
        "2026-12-31T10:00",
        "2026-12-31x",
    ] {
        let text = format!("phone,expires\n2015550123,{end}\n");
        let (entries, report) = import(text.as_bytes(), &us()).unwrap();
        assert_eq!(entries[0].expires_at, None, "{end}");
        assert_eq!(
            (report.entered, report.refused, report.without_end),
            (1, 0, 1),
            "{end}"
        );
        assert!(report.faults[0].entered && report.faults[0].value == end);
    }
    for end in ["", " ", "never", "-"] {
        let (entries, report) =
            import(format!("phone,expires\n2015550123,{end}\n").as_bytes(), &us()).unwrap();
        assert_eq!((entries[0].expires_at, report.faults.len()), (None, 0), "{end}");
    }
}

#[test]
fn files_that_are_none_are_refused_whole() {
    let fails = |bytes: &[u8]| match import(bytes, &us()) {
        Err(ReadError::File(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(fails(b""), FileError::Empty);
    assert_eq!(fails(b"\n,,\n \n"), FileError::Empty);
    assert!(matches!(fails(b"PK\x03\x04...."), FileError::NotText { .. }));
    let unknown = fails(b"Rufnummer;Grund\n+12015550123;x\n");
    assert!(unknown.to_string().contains("Rufnummer, Grund"), "{unknown}");
    assert!(matches!(
        fails(b"mobile,telephone\n1,2\n"),
        FileError::SeveralPhoneColumns { .. }
    ));
    let small = Settings { max_bytes: 5, ..us() };
    assert!(matches!(
        import(b"2015550123", &small),
        Err(ReadError::File(FileError::TooLarge { limit_bytes: 5 }))
    ));
}

#[test]
fn every_encoding_of_a_list_is_read() {
    let text = "phone;reason\n2015550123;für immer\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let windows: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    for (bytes, encoding) in [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        (little, Encoding::Utf16Le),
        (windows, Encoding::Windows1252),
    ] {
        let (entries, report) = import(&bytes, &us()).unwrap();
        assert_eq!(entries[0].reason.as_deref(), Some("für immer"));
        assert_eq!(report.encoding, encoding);
    }
}

#[test]
fn the_report_stays_small_and_the_counts_true() {
    let text = "12\n".repeat(5_000) + "+12015550123\n";
    let (entries, report) = import(text.as_bytes(), &us()).unwrap();
    assert_eq!(
        (entries.len(), report.refused, report.faults.len()),
        (1, 5_000, MAX_REPORTED)
    );
    assert_eq!(entries[0].line, 5_001);
}

#[test]
fn the_sink_can_stop() {
    let stopped = read(&b"+12015550123\n"[..], &us(), &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(ReadError::Stopped)));
}

/// Lines that reach every state, good and bad.
fn file_like() -> impl Strategy<Value = Vec<u8>> {
    let pieces: [&[u8]; 22] = [
        b"phone,reason,expires\n",
        b"201,5550123\n",
        b"2015550123\n",
        b"+442079460958\n",
        b"+1900*",
        b"*",
        b"\"",
        b",",
        b";",
        b"\t",
        b"|",
        b"\r",
        b"\n",
        b"\r\n",
        b" ",
        b"\0",
        b"sep=;",
        b"\xEF\xBB\xBF",
        b"\xFF\xFE",
        b"\xEB",
        b"2026-12-31",
        b"x",
    ];
    let piece = prop::sample::select(pieces.to_vec());
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_bytes_make_it_panic_and_pieces_make_no_difference(
        bytes in prop_oneof![file_like(), prop::collection::vec(any::<u8>(), 0..300)],
        size in 1..40_usize,
    ) {
        let whole = match import(&bytes, &us()) {
            Ok(whole) => Ok(whole),
            Err(ReadError::File(error)) => Err(error),
            Err(other) => panic!("{other}"),
        };
        prop_assert_eq!(&in_pieces(&bytes, &us(), size), &whole);
        if let Ok((entries, report)) = whole {
            prop_assert_eq!(report.rows, report.entered + report.refused);
            prop_assert_eq!(report.entered, entries.len() as u64);
            prop_assert_eq!(report.faults.len() as u64, report.refused + report.without_end);
            for entry in entries {
                let stored = Pattern::from_stored(entry.pattern.kind(), entry.pattern.value());
                prop_assert_eq!(stored, Some(entry.pattern));
            }
        }
    }

    /// Whatever the format, the first number included, and however many bad lines stand between.
    #[test]
    fn every_good_number_goes_in(
        numbers in prop::collection::vec((2_u32..10, 0_u32..10_000, any::<bool>()), 1..30),
        format in 0..4_usize,
        header: bool,
    ) {
        let mut text = String::new();
        if header && format != 0 {
            text.push_str("phone\n");
        }
        let mut expected = Vec::new();
        for (area, last, bad_before) in numbers {
            if bad_before {
                text.push_str("12\n");
            }
            let line = match format {
                0 => format!("20{area},555{last:04}\n"),
                1 => format!("20{area}555{last:04}\n"),
                2 => format!("+120{area}555{last:04}\n"),
                _ => format!("\"(20{area}) 555-{last:04}\"\n"),
            };
            text.push_str(&line);
            expected.push(format!("+120{area}555{last:04}"));
        }
        let (entries, report) = import(text.as_bytes(), &us()).unwrap();
        let found: Vec<String> = entries.iter().map(|entry| entry.pattern.to_string()).collect();
        prop_assert_eq!(found, expected, "{:?}", report);
    }
}
