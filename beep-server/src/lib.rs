//! beep-server
