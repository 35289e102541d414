//! What holds for every file.

use proptest::prelude::*;

use super::*;

/// Bytes that look enough like a list to reach every state.
fn list_like() -> impl Strategy<Value = Vec<u8>> {
    let pieces: [&[u8]; 24] = [
        b"name,phone\n",
        b"name;phone;City\r\n",
        b"A,4155550123\n",
        b"B,415555012",
        b"\"",
        b"\"\"",
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
        b"\xFE\xFF",
        b"\xEB",
        b"\xC3\xA9",
        b"\xC3",
        b"x",
        b"7",
    ];
    let piece = prop::sample::select(pieces.to_vec());
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A list with a good header and a mixture of good, bad, repeated and broken rows.
fn mixed_list() -> impl Strategy<Value = String> {
    let row = prop_oneof![
        4 => (0..30_u16).prop_map(|n| format!("Ada,415555{:04},x", 100 + n)),
        1 => (0..30_u16).prop_map(|n| format!("Ada,\"+1 (415) 555-{:04}\",\"a\nb\"", 100 + n)),
        1 => Just(",4155550123,".to_owned()),
        1 => Just("Bob,123".to_owned()),
        1 => Just("Bob".to_owned()),
        1 => Just("a,b,c,d".to_owned()),
        1 => Just(",,".to_owned()),
        1 => Just(String::new()),
        1 => Just("\"Bob,4155550123".to_owned()),
        1 => "[a\",\\n ]{0,12}",
    ];
    prop::collection::vec(row, 0..40).prop_map(|rows| format!("name,phone,City\n{}", rows.join("\n")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_bytes_make_an_import_panic_and_pieces_make_no_difference(
        bytes in prop_oneof![list_like(), prop::collection::vec(any::<u8>(), 0..300)],
        size in 1..40_usize,
    ) {
        let whole = import(&bytes, &us());
        prop_assert_eq!(&import_in_pieces(&bytes, &us(), size), &whole);
        if let Ok((rows, report)) = whole {
            prop_assert!(balanced(&report) && rows.len() as u64 == report.accepted);
        }
    }

    #[test]
    fn every_row_is_accepted_rejected_or_a_duplicate(text in mixed_list(), size in 1..40_usize) {
        let (rows, report) = import(text.as_bytes(), &us()).unwrap();
        prop_assert!(balanced(&report) && rows.len() as u64 == report.accepted, "{:?}", report);
        let mut phones: Vec<&str> = rows.iter().map(|row| row.phone.as_str()).collect();
        phones.sort_unstable();
        phones.dedup();
        prop_assert_eq!(phones.len(), rows.len());
        // Every line that says who and whom to call stands somewhere in the result.
        let mut lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
        lines.extend(report.rejected.iter().flat_map(|rejected| rejected.line..=rejected.last_line));
        lines.extend(report.duplicates.iter().map(|duplicate| duplicate.line));
        for (index, line) in text.split('\n').enumerate().skip(1) {
            prop_assert!(!line.starts_with("Ada,415") || lines.contains(&(index as u64 + 1)), "{} in {}", line, text);
        }
        prop_assert_eq!(import_in_pieces(text.as_bytes(), &us(), size).unwrap(), (rows, report));
    }

    #[test]
    fn what_a_csv_writer_writes_is_read_back(
        names in prop::collection::vec("[ -~é–\n]{1,30}", 1..30),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        crlf in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .from_writer(Vec::new());
        writer.write_record(["phone", "name", "Copy"]).unwrap();
        // No word for nothing begins so.
        for (index, name) in names.iter().enumerate() {
            writer.write_record([&format!("+44207946{index:04}"), &format!("Q{name}"), &format!("Q{name}")]).unwrap();
        }
        let (rows, report) = import(&writer.into_inner().unwrap(), &us()).unwrap();
        prop_assert_eq!(report.accepted, names.len() as u64);
        for (row, name) in rows.iter().zip(&names) {
            prop_assert_eq!(&row.name, &format!("Q{name}").split_whitespace().collect::<Vec<_>>().join(" "));
            let written = format!("Q{name}");
            prop_assert_eq!(&row.variables["Copy"], written.trim());
        }
    }
}
