internal import SystemPackage

/// A problem with an input or output file, and its remedy.
///
/// Messages name the file and the position. Of its content they quote at most an id or a term, because the rest may not
/// be suitable for a log.
public struct InterchangeError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for a program to act on.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case notFound, invalidInput, limitExceeded, unsupported, diskFull, io }

        private let kind: Kind

        /// The file does not exist, or is a directory.
        public static let notFound = Code(kind: .notFound)
        /// The bytes do not match the format.
        public static let invalidInput = Code(kind: .invalidInput)
        /// The input exceeds a documented limit.
        public static let limitExceeded = Code(kind: .limitExceeded)
        /// The input has a format that this module does not read.
        public static let unsupported = Code(kind: .unsupported)
        /// A file could not be written because the disk is full.
        public static let diskFull = Code(kind: .diskFull)
        /// The system failed to read or write.
        public static let io = Code(kind: .io)

        /// The code's name.
        public var description: String { kind.rawValue }
    }

    /// The kind of failure.
    public let code: Code
    /// The problem and its remedy.
    public let message: String

    /// Creates an error with a code and a message.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

extension InterchangeError {
    /// Returns the failure of a system call on `name`; `action` is the verb, as in "cannot read 'x'".
    static func system(_ errno: Errno, _ action: String, _ name: String) -> InterchangeError {
        switch errno {
        case .noSuchFileOrDirectory, .notDirectory:
            InterchangeError(.notFound, "cannot \(action) '\(name)': there is no such file; check the path")
        case .isDirectory:
            InterchangeError(.notFound, "cannot \(action) '\(name)': it is a directory; name a file in it")
        case .permissionDenied, .notPermitted:
            InterchangeError(.io, "cannot \(action) '\(name)': permission denied; check the file's mode and owner")
        case .noSpace, .diskQuotaExceeded:
            InterchangeError(.diskFull, "cannot \(action) '\(name)': the disk is full; free some space and try again")
        default:
            InterchangeError(.io, "cannot \(action) '\(name)': \(errno); try again, and check the disk if it persists")
        }
    }

    /// Runs `body` and converts an errno that it throws to an error about `name`.
    static func attempt<Value>(
        _ action: String, _ name: String, _ body: () throws -> Value
    ) throws(InterchangeError) -> Value {
        do {
            return try body()
        } catch let errno as Errno {
            throw system(errno, action, name)
        } catch {
            throw InterchangeError(.io, "cannot \(action) '\(name)': \(error); try again")
        }
    }
}

/// The limits for reading foreign files. Each one bounds the memory that a file can make the process use.
public enum InterchangeLimits {
    /// The maximum length of a line of a JSON Lines file, in bytes. A longer line is rejected without being kept.
    public static let lineBytes = 64 << 20
    /// The maximum nesting depth of unknown JSON fields.
    public static let nesting = 64
    /// The maximum length of a number in a JSON file, in characters.
    public static let numberBytes = 1_024
    /// The base-2 logarithm of the largest zstd window: 128 MiB, the most that `zstd` accepts without `--long`.
    public static let zstdWindowLog: Int32 = 27
    /// The maximum size of a file that is read completely: ground truth, judgments, weight tables, queries.
    public static let wholeFileBytes = 1 << 30
    /// The maximum length of the directory of a zip archive, in bytes. That of a matrix needs a few hundred.
    public static let zipDirectoryBytes = 1 << 20
}
