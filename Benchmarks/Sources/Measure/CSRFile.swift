import Foundation
import SparseStore

/// Rows of a BigANN CSR file, mapped: Int64 rows, columns, nonzeros; Int64 pointers[rows + 1]; Int32 terms; Float32
/// weights, all little-endian.
package struct CSRFile: Sendable {
    package let rows: Int
    private let data: Data
    private let terms: Int
    private let weights: Int

    package init(path: String) throws {
        data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        guard data.count >= 24 else { throw Failure("\(path) is not a CSR file") }
        let header = (0..<3).map { [data] in Self.int64(data, 8 * $0) }
        rows = header[0]
        terms = 24 + 8 * (rows + 1)
        weights = terms + 4 * header[2]
        guard rows > 0, header[2] > 0, data.count == weights + 4 * header[2] else {
            throw Failure("\(path) is no CSR file")
        }
    }

    package func vector(_ row: Int) throws -> SparseVector {
        let span = Self.int64(data, 24 + 8 * row)..<Self.int64(data, 32 + 8 * row)
        return try data.withUnsafeBytes { bytes in
            try SparseVector(
                terms: span.map { bytes.loadUnaligned(fromByteOffset: terms + 4 * $0, as: UInt32.self) },
                weights: span.map { bytes.loadUnaligned(fromByteOffset: weights + 4 * $0, as: Float.self) })
        }
    }

    private static func int64(_ data: Data, _ offset: Int) -> Int {
        data.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: offset, as: Int64.self)) }
    }
}
