//! `autolynx campaign set`: changing a campaign.

use clap::Args;
use serde_json::{Value, json};

use super::OrderArgs;

/// What of which campaign; what is left out stays.
#[derive(Args, Debug)]
pub(super) struct SetArgs {
    pub(super) id: String,
    #[arg(long)]
    name: Option<String>,
    /// Calls open at once, 1 to 50
    #[arg(long, value_name = "CALLS")]
    cap: Option<u32>,
    /// Higher goes first, -100 to 100
    #[arg(long, allow_hyphen_values = true)]
    priority: Option<i32>,
    /// The provider's id of a number to call from; several take turns
    #[arg(long = "number", value_name = "ID")]
    numbers: Vec<String>,
    /// From then on nobody is called: ISO-8601 with a zone, or `never`
    #[arg(long, value_name = "MOMENT")]
    expires_at: Option<String>,
    /// Our id of the assistant that talks
    #[arg(long, value_name = "ID", help_heading = "Only until it starts")]
    assistant: Option<String>,
    #[command(flatten, next_help_heading = "Only until it starts")]
    order: OrderArgs,
}

impl SetArgs {
    /// What the node is asked to change.
    pub(super) fn changes(&self) -> Value {
        let mut body = json!({});
        for (field, value) in [
            ("name", self.name.clone().map(Value::from)),
            ("cap", self.cap.map(Value::from)),
            ("priority", self.priority.map(Value::from)),
            ("assistant_id", self.assistant.clone().map(Value::from)),
            ("mode", self.order.mode.clone().map(Value::from)),
            ("batch_size", self.order.batch_size.map(Value::from)),
            ("quiet_line_gate", self.order.quiet_line.map(Value::from)),
        ] {
            if let Some(value) = value {
                body[field] = value;
            }
        }
        if !self.numbers.is_empty() {
            body["phone_number_ids"] = self.numbers.clone().into();
        }
        match self.expires_at.as_deref() {
            None => {}
            Some("never") => body["expires_at"] = Value::Null,
            Some(moment) => body["expires_at"] = moment.into(),
        }
        body
    }
}
