//! Several backends, each in a process of its own with its own domain, certificate and address, and a name server and
//! wires between them that the stories break; and peers with good certificates and bad intent.

mod kit;
mod smoke;
