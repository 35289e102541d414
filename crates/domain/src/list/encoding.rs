//! From the bytes of a file to bytes that agree with ASCII where ASCII is meant.

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use super::ListError;

/// How many bytes are looked at before UTF-16 without a byte order mark is decided.
const SNIFFED_BYTES: usize = 512;

/// The encoding in which a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8 throughout (plain ASCII included).
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// At least one record is not UTF-8, and none has other than ASCII in UTF-8.
    Windows1252,
    /// Some records are in UTF-8, others in Windows-1252.
    Mixed,
}

/// Takes the bytes of a file and gives them back without byte order mark, and as UTF-8 if they were UTF-16.
pub(crate) enum Transcoder {
    /// The first bytes, too few to decide.
    Undecided(Vec<u8>),
    /// UTF-8 or Windows-1252: decided record by record.
    AsIs,
    /// UTF-16. The decoder keeps halves of characters between pieces.
    Utf16(Box<Decoder>, Encoding),
}

impl Transcoder {
    pub(crate) fn new() -> Transcoder {
        Transcoder::Undecided(Vec::new())
    }

    /// `Some` if the whole file is UTF-16.
    pub(crate) fn utf16(&self) -> Option<Encoding> {
        match self {
            Transcoder::Utf16(_, encoding) => Some(*encoding),
            _ => None,
        }
    }

    /// Appends to `out` what `bytes` are; `last` says that no more will come.
    pub(crate) fn feed(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) -> Result<(), ListError> {
        match self {
            Transcoder::Undecided(start) => {
                start.extend_from_slice(bytes);
                if start.len() < SNIFFED_BYTES && !last {
                    return Ok(());
                }
                let start = std::mem::take(start);
                let (decided, mark_bytes) = decide(&start)?;
                *self = decided;
                self.feed(&start[mark_bytes..], last, out)
            }
            Transcoder::AsIs => {
                out.extend_from_slice(bytes);
                Ok(())
            }
            Transcoder::Utf16(decoder, _) => {
                let mut text = String::new();
                let room = decoder
                    .max_utf8_buffer_length(bytes.len())
                    .unwrap_or(bytes.len() * 3 + 16);
                text.reserve(room);
                let _ = decoder.decode_to_string(bytes, &mut text, last);
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
    }
}

/// What the file is, and the length of its byte order mark.
fn decide(start: &[u8]) -> Result<(Transcoder, usize), ListError> {
    let not_text = [
        (&b"PK\x03\x04"[..], "an Excel workbook or another zip file"),
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook"),
        (b"%PDF", "a PDF document"),
        (b"\x1F\x8B", "a compressed file"),
        (b"{\\rtf", "a rich text document"),
    ];
    if let Some((_, kind)) = not_text.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(ListError::NotText {
            kind: (*kind).to_owned(),
        });
    }
    let little = || {
        Transcoder::Utf16(
            Box::new(UTF_16LE.new_decoder_without_bom_handling()),
            Encoding::Utf16Le,
        )
    };
    let big = || {
        Transcoder::Utf16(
            Box::new(UTF_16BE.new_decoder_without_bom_handling()),
            Encoding::Utf16Be,
        )
    };
    Ok(match start {
        [0xEF, 0xBB, 0xBF, ..] => (Transcoder::AsIs, 3),
        [0xFF, 0xFE, ..] => (little(), 2),
        [0xFE, 0xFF, ..] => (big(), 2),
        _ if is_ascii_in_utf16(start, 1) => (little(), 0),
        _ if is_ascii_in_utf16(start, 0) => (big(), 0),
        _ => (Transcoder::AsIs, 0),
    })
}

/// Whether the first line is ASCII in UTF-16, for the most part: of its pairs of bytes, three in four have a zero as
/// their high byte (at index `high`), and none as their low byte.
fn is_ascii_in_utf16(start: &[u8], high: usize) -> bool {
    let line_break = |pair: &&[u8]| pair[high] == 0 && matches!(pair[1 - high], b'\r' | b'\n');
    let line: Vec<&[u8]> = start
        .chunks_exact(2)
        .skip_while(line_break)
        .take_while(|pair| !line_break(pair))
        .collect();
    let zero_high = line.iter().filter(|pair| pair[high] == 0).count();
    line.len() >= 4 && zero_high * 4 >= line.len() * 3 && line.iter().all(|pair| pair[1 - high] != 0)
}

/// Reads records, and remembers what they were.
#[derive(Default)]
pub(crate) struct RecordDecoder {
    utf8: bool,
    windows1252: bool,
}

impl RecordDecoder {
    /// The record as text: UTF-8 if it is valid, Windows-1252 (which every byte is valid in) if not.
    pub(crate) fn decode<'a>(&mut self, record: &'a [u8]) -> Cow<'a, str> {
        if let Ok(text) = str::from_utf8(record) {
            self.utf8 |= !text.is_ascii();
            return Cow::Borrowed(text);
        }
        self.windows1252 = true;
        WINDOWS_1252.decode_without_bom_handling(record).0
    }

    pub(crate) fn encoding(&self) -> Encoding {
        match (self.windows1252, self.utf8) {
            (false, _) => Encoding::Utf8,
            (true, false) => Encoding::Windows1252,
            (true, true) => Encoding::Mixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcoded(pieces: &[&[u8]]) -> (String, Option<Encoding>) {
        let mut transcoder = Transcoder::new();
        let mut out = Vec::new();
        for piece in pieces {
            transcoder.feed(piece, false, &mut out).unwrap();
        }
        transcoder.feed(&[], true, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), transcoder.utf16())
    }

    #[test]
    fn utf16_is_found_with_and_without_a_mark_and_in_pieces() {
        let text = "name;phone\r\nZoë 😀;+44\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (mark, bytes, encoding) in [
            (&b"\xFF\xFE"[..], &little, Encoding::Utf16Le),
            (b"\xFE\xFF", &big, Encoding::Utf16Be),
        ] {
            assert_eq!(transcoded(&[bytes]), (text.into(), Some(encoding)));
            assert_eq!(transcoded(&[mark, bytes]), (text.into(), Some(encoding)));
            let bytes_alone: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(transcoded(&bytes_alone), (text.into(), Some(encoding)));
        }
    }

    #[test]
    fn other_files_lose_only_their_mark() {
        assert_eq!(transcoded(&[b"\xEF\xBB", b"\xBFname"]), ("name".into(), None));
        assert_eq!(transcoded(&[b"name"]), ("name".into(), None));
        for text in [
            "na\0me",
            "\0n\0a",
            "n\0ame,phone\n",
            "name,phone\nA\0d\0a\0,\x001\n",
        ] {
            assert_eq!(transcoded(&[text.as_bytes()]), (text.into(), None));
        }
        assert_eq!(transcoded(&[]), (String::new(), None));
    }

    #[test]
    fn workbooks_are_refused() {
        let refused = Transcoder::new().feed(b"PK\x03\x04....", true, &mut Vec::new());
        assert!(matches!(refused, Err(ListError::NotText { kind }) if kind.contains("Excel")));
    }

    #[test]
    fn each_record_is_decoded_on_its_own() {
        let mut decoder = RecordDecoder::default();
        assert_eq!(
            (decoder.decode(b"Ada").as_ref(), decoder.encoding()),
            ("Ada", Encoding::Utf8)
        );
        assert_eq!(
            (decoder.decode(b"Zo\xEB \x80").as_ref(), decoder.encoding()),
            ("Zoë €", Encoding::Windows1252)
        );
        assert_eq!(
            (decoder.decode("Zoë".as_bytes()).as_ref(), decoder.encoding()),
            ("Zoë", Encoding::Mixed)
        );
    }
}
