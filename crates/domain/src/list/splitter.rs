//! One record into its values.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Splits records at a delimiter and undoes their quoting.
pub(crate) struct Splitter {
    reader: Reader,
    delimiter: u8,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Splitter {
    pub(crate) fn new(delimiter: u8) -> Splitter {
        Splitter {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            delimiter,
            text: vec![0; 1024],
            ends: vec![0; 32],
        }
    }

    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The values of one record, which holds no line break outside quotes.
    pub(crate) fn split(&mut self, record: &str) -> Vec<&str> {
        self.reader.reset();
        let mut input = record.as_bytes();
        let (mut length, mut count) = (0, 0);
        loop {
            let (result, read, written, ended) =
                self.reader
                    .read_record(input, &mut self.text[length..], &mut self.ends[count..]);
            input = &input[read..];
            length += written;
            count += ended;
            match result {
                // Input that is empty already tells the reader that the record ends here.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        let mut start = 0;
        let text = &self.text;
        self.ends[..count]
            .iter()
            .map(|&end| {
                let value = &text[start..end];
                start = end;
                str::from_utf8(value).expect("text cut at ASCII characters is text")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_unquoted() {
        let mut splitter = Splitter::new(b';');
        assert_eq!(
            splitter.split("a;\"b;\"\"c\"\"\n\";;ü"),
            ["a", "b;\"c\"\n", "", "ü"]
        );
        assert_eq!(splitter.split("x"), ["x"]);
        assert_eq!(splitter.split(";"), ["", ""]);
        assert_eq!(splitter.split(""), [""; 0]);
    }

    #[test]
    fn records_of_any_size_fit() {
        let mut splitter = Splitter::new(b',');
        let value = "é".repeat(10_000);
        let record = [value.as_str(); 100].join(",");
        assert_eq!(splitter.split(&record), [value.as_str(); 100]);
    }
}
