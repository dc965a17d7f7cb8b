/// The bounds within which other people's files are read. Each is the answer to "how much memory can a file make us
/// take?".
public enum InterchangeLimits {
    /// The longest line of a JSON Lines file, in bytes. A longer one is rejected without being kept.
    public static let lineBytes = 64 << 20
    /// How deep the values of unknown JSON fields may nest.
    public static let nesting = 64
    /// The longest number of a JSON file, in characters.
    public static let numberBytes = 1_024
    /// The largest zstd window, as a power of two: 128 MiB, what `zstd` itself accepts without `--long`.
    public static let zstdWindowLog: Int32 = 27
    /// The most bytes of a file that is read whole: ground truth, judgements, weight tables, queries.
    public static let wholeFileBytes = 1 << 30
    /// The longest directory of a zip archive, in bytes. That of a matrix takes some hundred.
    public static let zipDirectoryBytes = 1 << 20
}
