//! beep-store
