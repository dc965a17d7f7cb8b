import Foundation
import SparseInterchange
import SparseStore
import TestSupport

/// Files and readers for the tests.
enum Support {
    /// All rows of JSON Lines.
    static func rows(
        _ text: String, payload: PayloadField = .content, lineLimit: Int = InterchangeLimits.lineBytes
    ) throws -> [DocumentRow] {
        try rows(Array(text.utf8), payload: payload, lineLimit: lineLimit)
    }

    static func rows(
        _ bytes: [UInt8], payload: PayloadField = .content, lineLimit: Int = InterchangeLimits.lineBytes
    ) throws -> [DocumentRow] {
        try all(JSONLinesReader(source: ByteSource(bytes: bytes), payload: payload, lineLimit: lineLimit))
    }

    static func all(_ reader: any DocumentReader) throws -> [DocumentRow] {
        var rows: [DocumentRow] = []
        while let row = try reader.next() { rows.append(row) }
        return rows
    }

    /// The single document that `text` is; nil when it is a reject.
    static func document(_ text: String, payload: PayloadField = .content) throws -> Document? {
        let rows = try rows(text, payload: payload)
        guard rows.count == 1, case .document(let document, _) = rows[0] else { return nil }
        return document
    }

    /// The reason for which the single line `text` is rejected; nil when it is not.
    static func reason(_ text: String, payload: PayloadField = .content) throws -> String? {
        let rows = try rows(text, payload: payload)
        guard rows.count == 1, case .reject(let reject) = rows[0] else { return nil }
        return reject.reason
    }

    static func terms(_ document: Document?) -> [WeightedTerm] {
        guard case .terms(let terms)? = document?.content else { return [] }
        return terms
    }

    /// A CSR file of these rows, each with terms and weights.
    static func csr(_ rows: [[(Int32, Float)]], columns: Int64 = 100) -> [UInt8] {
        let values = rows.flatMap { $0 }
        var bytes = little(Int64(rows.count)) + little(columns) + little(Int64(values.count))
        var pointer: Int64 = 0
        bytes += little(pointer)
        for row in rows {
            pointer += Int64(row.count)
            bytes += little(pointer)
        }
        for (term, _) in values { bytes += little(term) }
        for (_, weight) in values { bytes += little(weight.bitPattern) }
        return bytes
    }

    static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    static func bytes(hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }

    /// A file with these bytes that is gone after `body`.
    @discardableResult
    static func withFile<Value>(_ bytes: [UInt8], _ body: (String) throws -> Value) throws -> Value {
        let folder = TemporaryFolder()
        return try withExtendedLifetime(folder) { try body(folder.write("input", Data(bytes))) }
    }

    /// The sample collection of the repository.
    static func sample(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Examples/sample/\(name)").path
    }
}
