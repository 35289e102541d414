//! What a signature covers.

/// A payload format, cut at its placeholders. Filling in cannot confuse a placeholder with one that the body contains.
pub(super) struct PayloadFormat<'a>(Vec<Piece<'a>>);

#[derive(Clone, Copy, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    Timestamp,
    Body,
}

impl<'a> PayloadFormat<'a> {
    pub(super) fn parse(format: &'a str) -> Result<Self, &'static str> {
        let mut pieces = Vec::new();
        let mut rest = format;
        while let Some((text, tail)) = rest.split_once('{') {
            let (name, after) = tail
                .split_once('}')
                .ok_or("the payload format has an open brace")?;
            pieces.push(Piece::Text(text));
            pieces.push(match name {
                "timestamp" => Piece::Timestamp,
                "body" => Piece::Body,
                _ => return Err("the payload format has a placeholder other than {timestamp} and {body}"),
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest));
        if !pieces.contains(&Piece::Body) {
            return Err("the payload format does not cover the body");
        }
        Ok(Self(pieces))
    }

    pub(super) fn has_timestamp(&self) -> bool {
        self.0.contains(&Piece::Timestamp)
    }

    /// The signed text in its pieces, so that a large body is not copied to be signed.
    pub(super) fn pieces<'p>(
        &'p self,
        timestamp: &'p [u8],
        body: &'p [u8],
    ) -> impl Iterator<Item = &'p [u8]> {
        self.0.iter().map(move |piece| match piece {
            Piece::Text(text) => text.as_bytes(),
            Piece::Timestamp => timestamp,
            Piece::Body => body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_in_the_body_stay_text() {
        let format = PayloadFormat::parse("v1:{timestamp}.{body}!").unwrap();
        let pieces: Vec<&[u8]> = format.pieces(b"7", b"{timestamp}{body}").collect();
        assert_eq!(pieces.concat(), b"v1:7.{timestamp}{body}!");
        assert!(format.has_timestamp());
        assert!(!PayloadFormat::parse("{body}").unwrap().has_timestamp());
    }

    #[test]
    fn formats_that_protect_nothing_are_refused() {
        for format in [
            "",
            "{timestamp}",
            "{timestamp}.{body",
            "{method}{body}",
            "{svix-id}.{timestamp}.{body}",
        ] {
            assert!(PayloadFormat::parse(format).is_err(), "{format}");
        }
    }
}
