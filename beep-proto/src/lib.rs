//! beep-proto
