//! Which calls `GET /call` should return.

use crate::instant::iso_ms;

/// Every filter that `GET /call` has. There is none by name, external id, metadata or status, no page and no order.
///
/// Moments are milliseconds UTC. A list as long as its limit may have been cut; only a shorter one is complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// This call only.
    pub id: Option<String>,
    /// Calls of this assistant.
    pub assistant_id: Option<String>,
    /// Calls from this number.
    pub phone_number_id: Option<String>,
    /// At most this many: up to 1,000, by default 100. Rows carry whole transcripts.
    pub limit: Option<u32>,
    /// Created after.
    pub created_at_gt_ms: Option<i64>,
    /// Created before.
    pub created_at_lt_ms: Option<i64>,
    /// Created at or after.
    pub created_at_ge_ms: Option<i64>,
    /// Created at or before.
    pub created_at_le_ms: Option<i64>,
    /// Changed after.
    pub updated_at_gt_ms: Option<i64>,
    /// Changed before.
    pub updated_at_lt_ms: Option<i64>,
    /// Changed at or after.
    pub updated_at_ge_ms: Option<i64>,
    /// Changed at or before.
    pub updated_at_le_ms: Option<i64>,
}

/// Rows that the API returns when it is given no limit.
pub const DEFAULT_LIST_LIMIT: u32 = 100;

/// Most rows that the API returns.
pub const MAX_LIST_LIMIT: u32 = 1000;

impl CallFilter {
    /// Rows that an answer to this filter can have at most. Fewer rows than this are all there are.
    pub fn effective_limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_LIST_LIMIT).min(MAX_LIST_LIMIT)
    }

    /// The query parameters, not yet encoded. A limit above the API's maximum is lowered to it.
    pub(crate) fn query(&self) -> Vec<(&'static str, String)> {
        let texts = [
            ("id", &self.id),
            ("assistantId", &self.assistant_id),
            ("phoneNumberId", &self.phone_number_id),
        ];
        let moments = [
            ("createdAtGt", self.created_at_gt_ms),
            ("createdAtLt", self.created_at_lt_ms),
            ("createdAtGe", self.created_at_ge_ms),
            ("createdAtLe", self.created_at_le_ms),
            ("updatedAtGt", self.updated_at_gt_ms),
            ("updatedAtLt", self.updated_at_lt_ms),
            ("updatedAtGe", self.updated_at_ge_ms),
            ("updatedAtLe", self.updated_at_le_ms),
        ];
        let limit = self.limit.map(|_| ("limit", self.effective_limit().to_string()));
        let texts = texts
            .into_iter()
            .filter_map(|(key, text)| Some((key, text.clone()?)));
        let moments = moments
            .into_iter()
            .filter_map(|(key, ms)| Some((key, iso_ms(ms?))));
        texts.chain(limit).chain(moments).collect()
    }
}
