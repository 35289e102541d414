//! What an import is told.

use std::collections::BTreeMap;

use super::Meaning;
use crate::phone::Region;

/// Characters in a name or a business name.
pub(super) const MAX_NAME_CHARS: usize = 200;
/// Characters in the value of any other column. It goes into a prompt.
pub(super) const MAX_VALUE_CHARS: usize = 2_000;
/// Columns of a list.
pub(super) const MAX_COLUMNS: usize = 256;
/// Bytes of one record (in UTF-8 or as in the file). A quote open for longer than this was not closed.
pub(crate) const MAX_RECORD_BYTES: usize = 1 << 20;
/// Characters of a refused value that the report repeats.
pub(super) const REPORTED_CHARS: usize = 100;

/// How to read a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSettings {
    /// Where national numbers are at home. `None`: only international numbers are accepted.
    pub default_region: Option<Region>,
    /// The largest file, in bytes.
    pub max_bytes: u64,
    /// The most rows, empty lines and the header not counted.
    pub max_rows: u64,
    /// Columns whose meaning the user has chosen, by header (spaces at its ends and case do not matter). A chosen
    /// column wins over every guess.
    pub columns: BTreeMap<String, Meaning>,
}

/// 10 MB (of 1,048,576 bytes), 10,000 rows, no default region, no chosen columns.
impl Default for ListSettings {
    fn default() -> ListSettings {
        ListSettings {
            default_region: None,
            max_bytes: 10 * 1024 * 1024,
            max_rows: 10_000,
            columns: BTreeMap::new(),
        }
    }
}
