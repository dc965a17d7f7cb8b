public import SparseStore

/// A reader that returns the documents of a foreign file one by one.
public protocol DocumentReader: AnyObject {
    /// The format of the input.
    var format: InputFormat { get }
    /// The position after what has been read.
    var position: InputPosition { get }
    /// The fraction of the input that has been read, from 0 to 1; nil if it is unknown.
    var progress: Double? { get }
    /// The size of the input on disk, if it is a regular file.
    var inputSize: UInt64? { get }

    /// The number of bad weights left out of the documents read so far.
    var droppedWeights: Int { get }

    /// Returns the next document or reject; nil at the end. An error ends the reading.
    func next() throws(InterchangeError) -> DocumentRow?
}

extension DocumentReader {
    /// Zero, for a reader that rejects bad weights.
    public var droppedWeights: Int { 0 }
}

/// The content of a line or a row.
public enum DocumentRow: Sendable {
    /// A document, with the number of its line or row.
    case document(Document, number: Int)
    /// The line or row cannot be stored.
    case reject(Reject)
}

/// A position between two lines or rows of an input, from which reading can continue.
public struct InputPosition: Sendable, Hashable {
    /// The number of decompressed bytes before the position; 0 in a CSR file, whose rows are found by number.
    public var offset: UInt64
    /// The number of lines or rows before the position.
    public var number: Int

    /// Creates the position after `number` lines or rows and `offset` bytes.
    public init(offset: UInt64 = 0, number: Int = 0) {
        self.offset = offset
        self.number = number
    }
}

/// A line or a row that could not be read, with the reason. Of the content, the reason names at most the id and a term.
public struct Reject: Sendable, Hashable {
    /// The number of the line, from 1, of a text file; of the row, from 0, of a CSR file.
    public let number: Int
    /// The reason, in one line without tabs.
    public let reason: String

    /// Whether the reason is a bad weight, which a reader that drops bad weights would leave out.
    public let concernsWeight: Bool

    /// Creates a reject for the line or row `number`.
    public init(number: Int, reason: String, concernsWeight: Bool = false) {
        self.number = number
        self.reason = reason
        self.concernsWeight = concernsWeight
    }
}

/// The JSON field that becomes a document's payload.
public enum PayloadField: Sendable, Hashable {
    /// `content`, or else `contents`.
    case content
    /// No payload.
    case none
    /// The string field with this name.
    case named(String)
}

/// The paths of a document's fields in a JSON object: `vector.text` is the member `text` of the member `vector`.
public struct FieldPaths: Sendable, Hashable {
    /// The names that lead to the id; empty for `id`, or else `_id` or `docid`.
    let id: [[UInt8]]
    /// The names that lead to the vector; empty for `vector`.
    let vector: [[UInt8]]

    /// Creates paths. The defaults are the fields of `DocumentJSON` and Anserini.
    ///
    /// - Parameters:
    ///   - id: The path of the id, such as `_source.key`; nil for the first of `id`, `_id` and `docid` that exists.
    ///   - vector: The path of the vector, such as `sparse_values` or `vector.text`; nil for `vector`.
    public init(id: String? = nil, vector: String? = nil) {
        func path(_ text: String?) -> [[UInt8]] {
            guard let text else { return [] }
            return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
        }
        self.id = path(id)
        self.vector = path(vector)
    }
}
