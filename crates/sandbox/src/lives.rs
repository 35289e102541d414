//! Who has a call live: the word of a witness on whether somebody was called while a call to them was live.

use crate::call::Call;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A call to a number that was dialled while another call to that number was live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledWhileLive {
    /// The number.
    pub number: String,
    /// When the later call was dialled, in milliseconds UTC.
    pub at_ms: i64,
    /// The provider's id of the later call.
    pub provider_call_id: String,
    /// [`LedgerCall::our_id`](crate::LedgerCall::our_id) of it.
    pub our_id: Option<String>,
    /// The provider's id of the call that was live.
    pub live_call_id: String,
    /// [`LedgerCall::our_id`](crate::LedgerCall::our_id) of it.
    pub live_our_id: Option<String>,
    /// False: that one was truly over, and only the provider's record still said that it was live.
    pub truly_live: bool,
}

/// The calls live to each number, from their dialling until they give their line back.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    /// Places in the book.
    live: BTreeMap<String, Vec<usize>>,
    /// The most at once.
    pub(crate) most: BTreeMap<String, u32>,
    pub(crate) called_while_live: Vec<CalledWhileLive>,
}

impl Lives {
    /// A call to the number begins. Gives the calls to it that are live, oldest first.
    pub(crate) fn begin(&mut self, number: &str, index: usize) -> Vec<usize> {
        let live = self.live.entry(number.to_owned()).or_default();
        let before = live.clone();
        live.push(index);
        let now = u32::try_from(live.len()).unwrap_or(u32::MAX);
        let most = self.most.entry(number.to_owned()).or_default();
        *most = now.max(*most);
        before
    }

    /// A call to the number gives its line back.
    pub(crate) fn end(&mut self, number: &str, index: usize) {
        if let Some(live) = self.live.get_mut(number) {
            live.retain(|other| *other != index);
            if live.is_empty() {
                self.live.remove(number);
            }
        }
    }

    /// The most calls live at once to any one number.
    pub(crate) fn peak(&self) -> u32 {
        match self.called_while_live.is_empty() {
            true => u32::from(!self.most.is_empty()),
            false => self.most.values().copied().max().unwrap_or(0),
        }
    }
}

impl CalledWhileLive {
    pub(crate) fn of(call: &Call, live: &Call, at_ms: i64) -> CalledWhileLive {
        CalledWhileLive {
            number: call.number.clone(),
            at_ms,
            provider_call_id: call.id.to_string(),
            our_id: call.our_id.clone(),
            live_call_id: live.id.to_string(),
            live_our_id: live.our_id.clone(),
            truly_live: live.truly_ended_ms.is_none(),
        }
    }
}
