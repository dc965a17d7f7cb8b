/// The limits for reading foreign files. Each one bounds the memory that a file can make the process use.
public enum InterchangeLimits {
    /// The maximum length of a line of a JSON Lines file, in bytes. A longer line is rejected without being kept.
    public static let lineBytes = 64 << 20
    /// The maximum nesting depth of unknown JSON fields.
    public static let nesting = 64
    /// The maximum length of a number in a JSON file, in characters.
    public static let numberBytes = 1_024
    /// The maximum zstd window, as a power of two: 128 MiB, which `zstd` accepts without `--long`.
    public static let zstdWindowLog: Int32 = 27
    /// The maximum size of a file that is read completely: ground truth, judgments, weight tables, queries.
    public static let wholeFileBytes = 1 << 30
    /// The maximum length of the directory of a zip archive, in bytes. That of a matrix needs a few hundred.
    public static let zipDirectoryBytes = 1 << 20
}
