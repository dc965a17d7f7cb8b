/// The extent of a verification.
public enum VerificationLevel: String, Sendable, Hashable, Codable {
    /// Checks the file, its manifest, and its counters, and that every segment is complete. Takes seconds.
    case quick
    /// Checks every checksum and every invariant of FORMAT.md. Reads the whole store several times.
    case deep
}
