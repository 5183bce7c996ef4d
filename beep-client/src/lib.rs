//! beep-client
