//! Lists, page after page: the node gives only so many rows at once.

use std::collections::HashSet;

use clap::Args;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::{Api, count};
use crate::terminal::tell;

/// Rows that the node gives at once.
const PAGE: u32 = 500;

/// Which part of a list.
#[derive(Args, Debug)]
pub(crate) struct PageArgs {
    /// Rows at most
    #[arg(long, value_name = "ROWS", default_value_t = PAGE, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Rows to leave out at the beginning
    #[arg(long, value_name = "ROWS", default_value_t = 0)]
    offset: u32,
    /// Every row, however many
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

impl Api {
    /// The rows of a list that a person wants, as `{items, total, limit, offset}`; `limit` is how many were read. Filters
    /// without a value are not sent.
    ///
    /// # Errors
    /// As for [`Api::ask`].
    pub(crate) async fn rows(
        &self,
        list: &str,
        filters: &[(&str, Option<&str>)],
        part: &PageArgs,
    ) -> anyhow::Result<Value> {
        let wanted = if part.all { u32::MAX } else { part.limit };
        let (mut items, mut seen) = (Vec::new(), HashSet::new());
        let (mut read, mut total) = (0, 0);
        while read < wanted {
            let asked = (wanted - read).min(PAGE);
            let Some(offset) = part.offset.checked_add(read) else {
                break;
            };
            let page = page(list, filters, asked, offset);
            let answer = self.ask(Method::GET, &page, None).await?;
            total = count(&answer, "total");
            let rows = answer["items"].as_array().map_or(&[][..], Vec::as_slice);
            // What moved back meanwhile comes twice.
            let new = |row: &&Value| match row["id"].as_str() {
                Some(id) => seen.insert(id.to_owned()),
                None => true,
            };
            items.extend(rows.iter().filter(new).cloned());
            let came = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            read += came.min(asked);
            if came < asked {
                break;
            }
        }
        let twice = usize::try_from(read).unwrap_or(usize::MAX) - items.len();
        if twice > 0 {
            tell(format!(
                "autolynx: the list changed while it was read, and {twice} rows moved: as many may be missing. Ask again."
            ));
        }
        Ok(json!({ "items": items, "total": total, "limit": read, "offset": part.offset }))
    }
}

fn page(list: &str, filters: &[(&str, Option<&str>)], limit: u32, offset: u32) -> String {
    let (limit, offset) = (limit.to_string(), offset.to_string());
    let filters = filters
        .iter()
        .filter_map(|(name, value)| Some((*name, (*value)?)));
    let query = filters.chain([("limit", limit.as_str()), ("offset", offset.as_str())]);
    // Only to have the values escaped.
    match Url::parse_with_params("http://node", query) {
        Ok(url) => format!("{list}?{}", url.query().unwrap_or_default()),
        Err(_) => list.to_owned(),
    }
}

/// Which rows are shown where that is not all of them, and how to see the others.
pub(crate) fn left_out(answer: &Value) -> String {
    let (first, read, total) = (
        count(answer, "offset"),
        count(answer, "limit"),
        count(answer, "total"),
    );
    let next = first + read;
    if read == 0 && total > 0 {
        format!("No rows from there on; there are {total}.\n")
    } else if next < total {
        format!(
            "Rows {} to {next} of {total}: --offset {next} goes on, --all shows every one.\n",
            first + 1
        )
    } else if first > 0 {
        format!("Rows {} to {next} of {total}.\n", first + 1)
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_filters_are_escaped_and_absent_ones_left_out() {
        let filters = [("q", Some("+1 201 & Söhne")), ("state", None)];
        assert_eq!(
            page("/api/x", &filters, 500, 0),
            "/api/x?q=%2B1+201+%26+S%C3%B6hne&limit=500&offset=0"
        );
    }

    #[test]
    fn what_is_left_out_is_told() {
        let shown = |offset: u32, limit: u32, total: u32| {
            left_out(&json!({ "offset": offset, "limit": limit, "total": total }))
        };
        assert_eq!(
            shown(500, 500, 1_234),
            "Rows 501 to 1000 of 1234: --offset 1000 goes on, --all shows every one.\n"
        );
        assert_eq!(shown(1_000, 234, 1_234), "Rows 1001 to 1234 of 1234.\n");
        assert_eq!(shown(2_000, 0, 1_234), "No rows from there on; there are 1234.\n");
        assert_eq!((shown(0, 7, 7), shown(0, 0, 0)), (String::new(), String::new()));
    }
}
