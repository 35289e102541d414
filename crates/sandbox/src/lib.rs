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
//! | `callback:2h` `callback:2026-03-27T15:30-05:00` | asks to be called back so long after answering, or then |
//! | `interested` `callback` `not-interested` `wrong-person` `optout` `hang-up` `silent` | answers, and it goes that way |
//! | `voicemail` | the voicemail answers |
//! | `no-answer` `busy` `rejected` | nobody answers, the line is busy, the call is declined |
//! | `invalid` `fail` | the number does not exist, the carrier fails |
//! | `too-long` | talks until the call's longest duration cuts it off |
//! | `forwarded` | is put through to somebody else |
//! | `stuck`, `stuck 20m`, `stuck forever` | answers, and after the end the record goes on saying in-progress |
//! | `error:<endedReason>` | ends with that reason, before or in the middle of a talk as the reason suggests |
//!
//! `no-answer then busy then human 45s` is a script for each attempt at the number, counted by the calls truly
//! dialled; the last one goes for all that follow. A time after the word (`300ms`, `45s`, `2m`, `1h`) is the length
//! of the talk, or of the ringing when nobody answers. A variable `sandbox` that is no script is refused with 400,
//! so that a misspelt column does not pass for chance; an empty one is no script at all.
//!
//! # Wishes
//!
//! Who wants no more calls, or another one at a time of their own, says so in the talk and may make themselves known in
//! two ways. Neither knows of a wish that was cut off before it was said.
//!
//! - `analysis.structuredData`, where the assistant's `analysisPlan.structuredDataPlan` is enabled: properties of its
//!   schema that are named `opt_out`, `do_not_call` and the like are true or false, `callback_at` is an ISO-8601 moment
//!   with an offset, and is left out when there is none.
//! - A function tool of the assistant whose name says what it is for (`do_not_call`, `opt_out`, …) is called once the
//!   person has said that they want no more calls: a `tool-calls` message to the tool's own server, or else to the call's
//!   receiver if it subscribed to them. [`World::answered`] takes the answer. Both steps are among the record's
//!   messages, with the roles `tool_calls` and `tool_call_result`. The talk does not wait for the answer.
//!
//! # Money
//!
//! `cost` is linear: the time from the answer to the true end, in milliseconds, times
//! [`People::usd_micros_per_minute`] / 60 000, rounded down to a millionth of a dollar. There is no minimum, no started
//! minute and no price for dialling or ringing; a voicemail is an answer. So no call costs more than its longest
//! duration times that rate. While a call lasts, and while its record is stuck, the record says 0.
//!
//! # Records and truth
//!
//! The record that the API shows follows the truth, except where [`Faults`] say otherwise. When a call ends, status,
//! `endedReason`, `endedAt`, cost, messages and transcript are in the record at once; recording and analysis come a few
//! seconds later, together with the end-of-call report. Messages of a voicemail hold its greeting as a user's message.
//! For a call that nobody answered the report may not come at all.
//!
//! What is not documented by the provider and had to be chosen: the sentences for a missing assistant, customer or
//! unknown id; `manually-canceled` for a call ended by its control address, which works as soon as dialling has begun
//! (unless [`Faults::control_not_found_before_answer`] says otherwise), answers 404 for a call that is over and 403 where
//! control is off; the roles of tool messages and the words for a tool that gave no result; that a tool without a
//! server of its own needs a subscription to `tool-calls`;
//! `startedAt` is the moment of the answer; deleting a live call hides its record and lets the call go on. A call from a
//! number that is not active is refused with 400 and a sentence about the number. A silent call that a hook on
//! `customer.speech.timeout` ends has the reason `silence-timed-out`.
//!
//! # Clocks
//!
//! People live by the true time: that which [`World`] is told. What the provider *tells* is by its own clock, which may be
//! ahead or behind ([`Settings::clock_ahead_ms`]) and may jump ([`World::set_clock_ahead`]): the `Date` of every answer, the
//! moments of records, messages and webhooks, ids, and what lists filter and sort by; `schedulePlan` is read by it too. A
//! jump changes nothing that was told before and no timer. The ledger speaks of the true time.
//!
//! # Its own pages
//!
//! `GET /sandbox` (a page), `GET /sandbox/ledger` (`?calls=false` for the short form), `GET` and `POST /sandbox/faults`
//! (`{"preset": "mild"}` and single rates), `GET` and `POST /sandbox/clock` (`{"offset_s": 7200}`), `POST /sandbox/down` (`{"for_ms": 60000}`), `POST
//! /sandbox/phone-numbers/{id}` (`{"status": "blocked"}`, or `activating`, or `active`). They need no key.

mod agenda;
mod analysis;
mod answer;
mod artifact;
mod book;
mod call;
mod callback;
mod calls_api;
mod chance;
mod clock;
mod control;
mod conversation;
mod cost;
mod create;
mod directory;
mod directory_api;
mod faults;
mod ledger;
mod lives;
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
mod slips;
mod target;
mod terms;
mod time;
mod told;
mod tools;
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
pub use ledger::{
    CalledWith, Ledger, LedgerAssistant, LedgerAssistants, LedgerCall, LedgerControl, LedgerToolAnswer,
    LedgerToolCall, Refused, WebhookCounts,
};
pub use lives::CalledWhileLive;
pub use people::People;
pub use server::serve;
pub use settings::{ErrorShape, LimitForm, Settings};
pub use world::{Delivery, Handling, Reply, World};
