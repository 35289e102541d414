//! A Vapi-compatible provider with scripted people, injected faults and a ledger of what really happened.
//!
//! [`World`] is the whole provider as a state machine: it is given requests and the time, and gives answers and
//! webhooks. It has no clock, no sockets and no threads, so that thousands of campaigns can be run in virtual time, and
//! equal inputs give equal bytes. [`serve`] puts one behind a real socket, on a [`Clock`] that may run fast.
//!
//! It writes and reads the provider's wire format by itself and shares no code with the rest of the project: what it
//! says about the engine is the word of an independent witness.
//!
//! # People
//!
//! Who answers, for how long and what is said is drawn from [`People`], seeded by [`Settings::seed`], the number and
//! how often it was called before. It does not depend on the order in which calls to other numbers come in.
//!
//! A *script* decides instead of chance. It is looked for in this order:
//!
//! 1. the variable `sandbox` in `assistantOverrides.variableValues` (a column of a CSV file, for instance);
//! 2. brackets at the end of the customer's name: `Ann Lee [busy]`;
//! 3. a number that begins with `+1500555`, by its last four digits: `0001` invalid, `0002` busy, `0003` no-answer,
//!    `0004` rejected, `0005` voicemail, `0006` human, `0007` fail, `0008` stuck, `0009` optout.
//!
//! | script | what happens |
//! |---|---|
//! | `human` | answers and talks; how it goes is drawn |
//! | `interested` `callback` `not-interested` `wrong-person` `optout` `hang-up` `silent` | answers, and it goes that way |
//! | `voicemail` | the voicemail answers |
//! | `no-answer` `busy` `rejected` | nobody answers, the line is busy, the call is declined |
//! | `invalid` `fail` | the number does not exist, the carrier fails |
//! | `too-long` | talks until the call's longest duration cuts it off |
//! | `forwarded` | is put through to somebody else |
//! | `stuck`, `stuck 20m`, `stuck forever` | answers, and after the end the record goes on saying in-progress |
//! | `error:<endedReason>` | ends with that reason, before or in the middle of a talk as the reason suggests |
//!
//! A time after the word (`300ms`, `45s`, `2m`, `1h`) is the length of the talk, or of the ringing when nobody answers. A
//! variable `sandbox` that is no script is refused with 400, so that a misspelt column does not pass for chance; an
//! empty one is no script at all.
//!
//! # Records and truth
//!
//! The record that the API shows follows the truth, except where [`Faults`] say otherwise. When a call ends, status,
//! `endedReason`, `endedAt`, cost, messages and transcript are in the record at once; recording and analysis come a few
//! seconds later, together with the end-of-call report. Messages of a voicemail hold its greeting as a user's message.
//! For a call that nobody answered the report may not come at all.
//!
//! What is not documented by the provider and had to be chosen: the sentences for a missing assistant, customer or
//! unknown id; `manually-canceled` for a call ended by its control address, which works from the first ring on;
//! `startedAt` is the moment of the answer; deleting a live call hides its record and lets the call go on. A call from a
//! number that is not active is refused with 400 and a sentence about the number. A silent call that a hook on
//! `customer.speech.timeout` ends has the reason `silence-timed-out`.
//!
//! # Its own pages
//!
//! `GET /sandbox` (a page), `GET /sandbox/ledger` (`?calls=false` for the short form), `GET` and `POST /sandbox/faults`
//! (`{"preset": "mild"}` and single rates), `POST /sandbox/down` (`{"for_ms": 60000}`), `POST
//! /sandbox/phone-numbers/{id}` (`{"status": "blocked"}`, or `activating`, or `active`). They need no key.

mod agenda;
mod analysis;
mod answer;
mod artifact;
mod book;
mod call;
mod calls_api;
mod chance;
mod clock;
mod conversation;
mod cost;
mod create;
mod directory;
mod directory_api;
mod faults;
mod ledger;
mod luck;
mod messages;
mod page;
mod people;
mod plan;
mod progress;
mod query;
mod recording;
mod route;
mod script;
mod server;
mod settings;
mod shape;
mod target;
mod terms;
mod time;
mod validate;
mod view;
mod webhooks;
mod world;

pub use chance::Span;
pub use clock::Clock;
pub use directory::{
    DEFAULT_ASSISTANT_ID, DEFAULT_PHONE_NUMBER_ID, NumberStatus, SECOND_ASSISTANT_ID, SECOND_PHONE_NUMBER_ID,
};
pub use faults::Faults;
pub use ledger::{CalledWith, Ledger, LedgerAssistant, LedgerAssistants, LedgerCall, Refused, WebhookCounts};
pub use people::People;
pub use server::serve;
pub use settings::{ErrorShape, LimitForm, Settings};
pub use world::{Delivery, Handling, Reply, World};
