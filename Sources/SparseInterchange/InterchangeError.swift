/// What went wrong with a file that is not ours, and what to do about it.
///
/// Messages name the file and the place in it, never what stands there: a file may hold what must not reach a log.
public struct InterchangeError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for a program to decide on.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case notFound, invalidInput, limitExceeded, unsupported, diskFull, io }

        private let kind: Kind

        /// The file is not there, or is a directory.
        public static let notFound = Code(kind: .notFound)
        /// The bytes are not what the format says.
        public static let invalidInput = Code(kind: .invalidInput)
        /// The input asks for more than a stated limit allows.
        public static let limitExceeded = Code(kind: .limitExceeded)
        /// The input is in a format this module does not read.
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
    /// What went wrong and how it may be remedied.
    public let message: String

    /// An error of `code` saying `message`.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
