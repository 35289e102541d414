//! A bar of coloured parts, drawn as SVG because the page allows no inline styles.

use super::{show, words::Badge};

/// A whole divided into parts; what no part covers stays empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bar {
    /// Largest meaning first, as given. Parts of zero are left out.
    pub segments: Vec<Segment>,
    /// The whole.
    pub total: u64,
    /// Says the bar in words: `412 of 1,204 settled. Person answered 231, voicemail 90.`
    pub label: String,
}

/// One part of a [`Bar`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// What the part is.
    pub badge: Badge,
    /// How many.
    pub count: u64,
    /// `1,204`.
    pub count_text: String,
    /// The share of the parts together, for instance `37%`.
    pub share: String,
    /// Where it starts, as an SVG length.
    pub x: String,
    /// How wide it is, as an SVG length.
    pub width: String,
}

impl Bar {
    /// Draws `parts` of `total`, in their order.
    #[must_use]
    pub fn of(parts: Vec<(Badge, u64)>, total: u64) -> Self {
        let covered: u64 = parts.iter().map(|(_, count)| count).sum();
        let whole = total.max(covered);
        let mut before = 0;
        let mut segments = Vec::new();
        for (badge, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
            segments.push(Segment {
                badge,
                count,
                count_text: show::count(count),
                share: show::share(count, covered),
                x: length(before, whole),
                width: length(count, whole),
            });
            before += count;
        }
        let words: Vec<_> = segments
            .iter()
            .map(|part| format!("{} {}", part.badge.label, part.count_text))
            .collect();
        let label = format!(
            "{} of {} settled. {}",
            show::count(covered),
            show::count(total),
            words.join(", ")
        );
        Self {
            segments,
            total,
            label: label.trim_end().to_owned(),
        }
    }
}

/// A share as an SVG length with two decimals: a pixel of the widest screens.
fn length(part: u64, whole: u64) -> String {
    let hundredths = (u128::from(part) * 10_000)
        .checked_div(u128::from(whole))
        .unwrap_or(0);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_and_never_pass_the_whole() {
        let bar = Bar::of(
            vec![
                (Badge::outcome("human"), 1),
                (Badge::outcome("busy"), 0),
                (Badge::outcome("voicemail"), 2),
            ],
            4,
        );
        let drawn: Vec<_> = bar
            .segments
            .iter()
            .map(|part| (part.x.as_str(), part.width.as_str()))
            .collect();
        assert_eq!(drawn, [("0.00%", "25.00%"), ("25.00%", "50.00%")]);
        assert_eq!(bar.label, "3 of 4 settled. Person answered 1, Voicemail 2");

        let over = Bar::of(vec![(Badge::outcome("human"), 6)], 4);
        assert_eq!(over.segments[0].width, "100.00%");
        assert_eq!(Bar::of(Vec::new(), 0).label, "0 of 0 settled.");
    }
}
