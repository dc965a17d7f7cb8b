internal import SparseInterchange
internal import SparseStore
internal import SparseText

/// A reader that encodes the texts of another reader into vectors.
final class EncodingReader: DocumentReader {
    private let texts: TextReader
    private let encoder: any TextEncoder
    private let keepsText: Bool

    init(_ texts: TextReader, _ encoder: any TextEncoder, keepsText: Bool) {
        self.texts = texts
        self.encoder = encoder
        self.keepsText = keepsText
    }

    var format: InputFormat { texts.format }
    var position: InputPosition { texts.position }
    var progress: Double? { texts.progress }
    var inputSize: UInt64? { texts.inputSize }

    func next() throws(InterchangeError) -> DocumentRow? {
        let row = try texts.next()
        guard case .document(var document, let number)? = row else { return row }
        let text = String(decoding: document.payload ?? [], as: UTF8.self)
        do throws(SparseStoreError) {
            let terms = try encoder.encode(document: text)
            guard !terms.isEmpty else { return .reject(Reject(number: number, reason: "the text has no terms")) }
            document.content = .terms(terms)
        } catch {
            return .reject(Reject(number: number, reason: error.message))
        }
        if !keepsText { document.payload = nil }
        return .document(document, number: number)
    }
}
