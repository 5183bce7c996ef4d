//! beep-federation
