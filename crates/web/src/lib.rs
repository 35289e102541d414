//! JSON API, pages and live updates.
//!
//! [`router()`] is the whole server as a value; [`serve()`] runs it. [`AppState`] holds what handlers work with: the engine,
//! through which alone they reach data and provider, and the settings.
//!
//! A handler of the API is one file below `api`, a page is one below `handlers`; `views` turns rows into the contexts of
//! [`pages`], and `middleware` is what stands around all of them.

mod api;
pub mod assets;
mod body;
mod capabilities;
mod counts;
pub mod error;
mod exports;
mod extract;
mod features;
mod forecasts;
mod handlers;
mod import;
mod line_health;
mod live;
mod middleware;
mod moments;
mod numbers;
pub mod pages;
mod quiet;
pub mod recordings;
pub mod router;
pub mod serve;
mod sheet;
mod shown;
pub mod state;
mod troubles;
mod upload;
mod views;
mod vitals;
mod webhook_room;

pub use features::Features;
pub use router::router;
pub use serve::serve;
pub use state::{AppState, Secret, WebSettings};
pub use vitals::LostLines;
