/// A problem with an input or output file, and its remedy.
///
/// Messages name the file and the position, but never quote its content, which may not be suitable for a log.
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
