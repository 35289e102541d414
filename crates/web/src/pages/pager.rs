//! Pages of a long list.

use super::show::count;

/// Where a reader is in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pager {
    /// `26–50 of 1,204`.
    pub text: String,
    /// The page before, from 1.
    pub previous: Option<u64>,
    /// The page after.
    pub next: Option<u64>,
}

impl Pager {
    /// Page `page` (from 1; a page past the end counts as the last) of `total` rows, `size` to a page.
    #[must_use]
    pub fn new(page: u64, size: u64, total: u64) -> Self {
        let size = size.max(1);
        let pages = total.div_ceil(size).max(1);
        let page = page.clamp(1, pages);
        let (first, last) = ((page - 1) * size + 1, (page * size).min(total));
        let text = match total {
            0 => "none".to_owned(),
            _ => format!("{}–{} of {}", count(first), count(last), count(total)),
        };
        Self {
            text,
            previous: (page > 1).then(|| page - 1),
            next: (page < pages).then(|| page + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lead_to_their_neighbours_only() {
        let pager = |page, total| {
            let pager = Pager::new(page, 25, total);
            (pager.text, pager.previous, pager.next)
        };
        assert_eq!(pager(1, 0), ("none".to_owned(), None, None));
        assert_eq!(pager(1, 25), ("1–25 of 25".to_owned(), None, None));
        assert_eq!(pager(2, 1_204), ("26–50 of 1,204".to_owned(), Some(1), Some(3)));
        assert_eq!(pager(99, 60), ("51–60 of 60".to_owned(), Some(2), None));
        assert_eq!(pager(0, 60), ("1–25 of 60".to_owned(), None, Some(2)));
    }
}
