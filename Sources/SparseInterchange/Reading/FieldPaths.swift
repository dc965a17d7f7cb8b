/// The paths of a document's fields in a JSON object: `vector.text` is the member `text` of the member `vector`.
public struct FieldPaths: Sendable, Hashable {
    /// The names that lead to the id; empty for `id`, or else `_id` or `docid`.
    let id: [[UInt8]]
    /// The names that lead to the vector; empty for `vector`.
    let vector: [[UInt8]]

    /// Creates paths. The defaults are the fields of `DocumentJSON` and Anserini.
    ///
    /// - Parameters:
    /// - id: The path of the id, such as `_source.key`; nil for the first of `id`, `_id` and `docid` that exists.
    /// - vector: The path of the vector, such as `sparse_values` or `vector.text`; nil for `vector`.
    public init(id: String? = nil, vector: String? = nil) {
        func path(_ text: String?) -> [[UInt8]] {
            guard let text else { return [] }
            return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
        }
        self.id = path(id)
        self.vector = path(vector)
    }
}
