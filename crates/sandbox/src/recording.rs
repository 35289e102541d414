//! A recording without voices: a low tone while the assistant speaks, a higher one while the person does.

use crate::conversation::{Line, Speaker};

const SAMPLES_PER_SECOND: u32 = 8_000;
/// A recording is cut off after so many milliseconds.
const LONGEST_MS: i64 = 60_000;

/// The talk as a WAV file: mono, 8 bits, 8 kHz.
pub(crate) fn wav(lines: &[Line]) -> Vec<u8> {
    let length_ms = lines
        .iter()
        .map(|line| line.to_ms)
        .max()
        .unwrap_or(1_000)
        .clamp(1_000, LONGEST_MS);
    let sample = |ms: i64| usize::try_from(ms.clamp(0, length_ms)).unwrap_or(0) * 8;
    let mut samples = vec![128_u8; sample(length_ms)];
    for line in lines {
        let period = match line.speaker {
            Speaker::Assistant => 48,
            Speaker::Customer => 32,
        };
        for (nth, value) in samples[sample(line.from_ms)..sample(line.to_ms)]
            .iter_mut()
            .enumerate()
        {
            *value = if nth % period < period / 2 { 120 } else { 136 };
        }
    }
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    let mut wav = Vec::with_capacity(samples.len() + 44);
    wav.extend(b"RIFF");
    wav.extend((length + 36).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(SAMPLES_PER_SECOND.to_le_bytes());
    wav.extend(SAMPLES_PER_SECOND.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(8_u16.to_le_bytes());
    wav.extend(b"data");
    wav.extend(length.to_le_bytes());
    wav.extend(samples);
    wav
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_as_long_as_the_talk_and_never_silly() {
        let line = |from_ms, to_ms| Line {
            speaker: Speaker::Customer,
            text: String::new(),
            from_ms,
            to_ms,
            wish: false,
        };
        let file = wav(&[line(0, 2_000), line(2_500, 4_000)]);
        assert_eq!(&file[..4], b"RIFF");
        assert_eq!(file.len(), 44 + 4 * 8_000);
        assert_eq!(wav(&[line(0, 3_600_000)]).len(), 44 + 60 * 8_000);
        assert_eq!(wav(&[]).len(), 44 + 8_000);
    }
}
