//! Pages of lists: `?limit=50&offset=0`.

use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// Rows of a page that asks for no number of its own.
const DEFAULT_LIMIT: u32 = 50;
/// Rows of a page at most.
const MAX_LIMIT: u32 = 500;

/// Which part of a list.
#[derive(Clone, Copy, Deserialize, Default)]
pub(crate) struct PageQuery {
    limit: Option<u32>,
    offset: Option<u32>,
}

impl PageQuery {
    /// From a query that asks for more than a page.
    pub(crate) fn new(limit: Option<u32>, offset: Option<u32>) -> Self {
        Self { limit, offset }
    }

    /// The page, or 422 when it is larger than a page may be.
    pub(crate) fn page(self) -> Result<store::Page, ApiError> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(ApiError::field(
                "limit",
                format!("`limit` is a number from 1 to {MAX_LIMIT}."),
            ));
        }
        Ok(store::Page {
            limit,
            offset: self.offset.unwrap_or(0),
        })
    }
}

/// A page of a list, and how many rows there are in all.
#[derive(Serialize)]
pub(crate) struct Paged<T> {
    items: Vec<T>,
    total: u64,
    limit: u32,
    offset: u32,
}

impl<T> Paged<T> {
    pub(crate) fn new(items: Vec<T>, total: u64, page: store::Page) -> Self {
        Self {
            items,
            total,
            limit: page.limit,
            offset: page.offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_sensible_bounds() {
        let page = |limit, offset| {
            PageQuery { limit, offset }
                .page()
                .map(|page| (page.limit, page.offset))
        };
        assert_eq!(page(None, None).unwrap(), (50, 0));
        assert_eq!(page(Some(500), Some(7)).unwrap(), (500, 7));
        for limit in [0, 501] {
            assert_eq!(page(Some(limit), None).unwrap_err().status(), 422);
        }
    }
}
