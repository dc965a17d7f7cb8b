import Foundation

/// Inputs that the tests make or take from the repository.
enum Inputs {
    /// A file of the sample collection.
    static func sample(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Examples/sample/\(name)").path
    }

    /// JSON Lines of `count` documents whose vectors depend on their numbers.
    static func lines(_ count: Int, from first: Int = 0) -> String {
        (first..<first + count).map { number in
            let terms = [number % 7, 7 + number % 11, 18 + number % 13].map {
                "\"t\($0)\": \(1 + (number * 37 + $0) % 90)e-1"
            }
            return
                "{\"id\": \(number), \"content\": \"text \(number)\", \"vector\": {\(terms.joined(separator: ", "))}}\n"
        }.joined()
    }

    /// A CSR file of these rows.
    static func csr(_ rows: [[(UInt32, Float)]], columns: Int64 = 1_000) -> Data {
        let values = rows.flatMap { $0 }
        var data = Data()
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
        }
        append(Int64(rows.count))
        append(columns)
        append(Int64(values.count))
        var pointer: Int64 = 0
        append(pointer)
        for row in rows {
            pointer += Int64(row.count)
            append(pointer)
        }
        for value in values { append(value.0) }
        for value in values { append(value.1.bitPattern) }
        return data
    }

    /// A ground-truth file.
    static func truth(_ rows: [[UInt32]], _ scores: [[Float]]) -> Data {
        var data = Data()
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
        }
        append(UInt32(rows.count))
        append(UInt32(rows[0].count))
        for row in rows.flatMap({ $0 }) { append(row) }
        for score in scores.flatMap({ $0 }) { append(score.bitPattern) }
        return data
    }
}
