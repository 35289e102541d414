use super::*;

/// Line, last line and text of each record, however the bytes arrive.
fn records(text: &str) -> Vec<(u64, u64, String)> {
    let whole = read(text, text.len().max(1));
    for size in 1..=4 {
        assert_eq!(read(text, size), whole, "in pieces of {size}");
    }
    whole
}

fn read(text: &str, piece_size: usize) -> Vec<(u64, u64, String)> {
    let mut records = Records::new();
    records.set_delimiter(b',');
    let mut found = Vec::new();
    let mut take = |records: &mut Records, end: bool| {
        while let Some(record) = records.next(end) {
            let content = match record.content {
                Content::Whole(bytes) => String::from_utf8(bytes.into_owned()).unwrap(),
                Content::UnclosedQuote { line, from_quote } => {
                    format!("unclosed {line} {:?}", str::from_utf8(from_quote).unwrap())
                }
                Content::TooLong => "too long".into(),
            };
            found.push((record.line, record.last_line, content));
        }
    };
    for piece in text.as_bytes().chunks(piece_size) {
        records.buffer().extend_from_slice(piece);
        take(&mut records, false);
    }
    take(&mut records, true);
    found
}

fn whole(line: u64, text: &str) -> (u64, u64, String) {
    (line, line, text.into())
}

#[test]
fn every_kind_of_line_break_ends_a_record_and_counts_once() {
    for newline in ["\n", "\r\n", "\r"] {
        let text = ["a,1", "", "b,2", "", "", "c,3"].join(newline);
        assert_eq!(
            records(&text),
            [whole(1, "a,1"), whole(3, "b,2"), whole(6, "c,3")],
            "{newline:?}"
        );
        let text = format!("{text}{newline}{newline}");
        assert_eq!(records(&text).len(), 3, "{newline:?}");
    }
    assert_eq!(records(""), []);
    assert_eq!(records("\n\r\n\r"), []);
}

#[test]
fn quoted_line_breaks_belong_to_the_record() {
    for newline in ["\n", "\r\n", "\r"] {
        let text = format!("a{newline}\"b{newline}c\",\"\"\"d\"\"{newline}{newline}\"{newline}e");
        let quoted = format!("\"b{newline}c\",\"\"\"d\"\"{newline}{newline}\"");
        assert_eq!(
            records(&text),
            [whole(1, "a"), (2, 5, quoted), whole(6, "e")],
            "{newline:?}"
        );
    }
}

#[test]
fn quotes_inside_unquoted_values_are_plain() {
    assert_eq!(
        records("5\" pipe,a\nb,5\"\n"),
        [whole(1, "5\" pipe,a"), whole(2, "b,5\"")]
    );
    assert_eq!(
        records("\"a\" ,\"b\"\t\nc"),
        [whole(1, "\"a\" ,\"b\"\t"), whole(2, "c")]
    );
}

#[test]
fn a_quote_that_is_never_closed_costs_its_line_alone() {
    let text = "a,1\nb,\"2\nc,3\r\nd,4";
    assert_eq!(
        records(text),
        [
            whole(1, "a,1"),
            (2, 2, "unclosed 2 \"\\\"2\\n\"".into()),
            whole(3, "c,3"),
            whole(4, "d,4")
        ]
    );
    assert_eq!(records("\"a"), [(1, 1, "unclosed 1 \"\\\"a\"".into())]);
    assert_eq!(records("\"a\r\n"), [(1, 1, "unclosed 1 \"\\\"a\\r\\n\"".into())]);
}

#[test]
fn a_quote_that_closes_in_the_middle_of_a_later_line_costs_its_line_alone() {
    let text = "a,\"Acme,1\nb,2\nc,\"Smith, Ltd\",3\n";
    assert_eq!(
        records(text),
        [
            (1, 1, "unclosed 1 \"\\\"Acme,1\\n\"".into()),
            whole(2, "b,2"),
            whole(3, "c,\"Smith, Ltd\",3")
        ]
    );
}

#[test]
fn a_record_of_several_lines_ends_where_its_last_quote_opens() {
    let text = "\"a\nb\",\"c\nd\"e\nf";
    assert_eq!(
        records(text),
        [
            (1, 2, "unclosed 2 \"\\\"c\\n\"".into()),
            whole(3, "d\"e"),
            whole(4, "f")
        ]
    );
}

#[test]
fn quotes_that_should_have_been_doubled_are_forgiven_on_one_line() {
    assert_eq!(
        records("\"Robert \"Bob\" Smith\",1\n\"a \"b, c\" d\",2\n"),
        [
            whole(1, "\"Robert \"\"Bob\"\" Smith\",1"),
            whole(2, "\"a \"\"b, c\"\" d\",2")
        ]
    );
    assert_eq!(
        records("\"a\" b,1\nc,2"),
        [(1, 1, "unclosed 1 \"\\\"a\\\" b,1\"".into()), whole(2, "c,2")]
    );
}

#[test]
fn huge_records_are_given_up_without_losing_the_next() {
    let long = "x".repeat(MAX_RECORD_BYTES + 10);
    let text = format!("a\n{long}\nb");
    assert_eq!(
        read(&text, 50_000),
        [whole(1, "a"), whole(2, "too long"), whole(3, "b")]
    );
    let text = format!("a\n\"{long}\nb");
    assert_eq!(
        read(&text, 50_000),
        [whole(1, "a"), whole(2, "too long"), whole(3, "b")]
    );
    let text = format!("a,\"\n{}", "b,1\n".repeat(MAX_RECORD_BYTES / 4 + 10));
    let found = read(&text, 50_000);
    assert_eq!(found[0], (1, 1, "unclosed 1 \"\\\"\\n\"".into()));
    assert_eq!(found.len(), 1 + MAX_RECORD_BYTES / 4 + 10);
    assert_eq!(found[1], whole(2, "b,1"));
}

#[test]
fn memory_does_not_grow_with_the_records() {
    let mut records = Records::new();
    records.set_delimiter(b',');
    for _ in 0..1_000 {
        records.buffer().extend_from_slice(b"a,1\nb,2\nc");
        while records.next(false).is_some() {}
    }
    assert!(records.buffer().len() < 10 && records.buffer.capacity() < 100);
}
