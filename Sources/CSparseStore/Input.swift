internal import CSparseStoreHeader
internal import SparseStore

/// Strings or byte strings from the caller, checked once.
struct InputStrings {
    let count: Int
    private let bytes: UnsafePointer<UInt8>?
    private let offsets: UnsafePointer<Int64>
    private let present: UnsafePointer<UInt8>?

    /// - Parameter name: The name of the argument in messages.
    init(_ strings: sparsestore_strings, name: String) throws {
        guard strings.count >= 0, let offsets = strings.offsets else {
            throw misuse("'\(name)' has no offsets or a negative count", "pass count + 1 offsets, ascending from 0")
        }
        try checkRising(offsets, count: strings.count, name: name)
        guard strings.bytes != nil || offsets[Int(strings.count)] == 0 else {
            throw misuse("'\(name)' has no bytes", "pass the bytes that the offsets point into")
        }
        count = Int(strings.count)
        bytes = strings.bytes
        self.offsets = offsets
        present = strings.present
    }

    /// Returns the bytes at an index; nil if the argument is missing.
    func bytes(_ index: Int) -> [UInt8]? {
        if let present, present[index] == 0 { return nil }
        return Array(UnsafeBufferPointer(start: bytes.map { $0 + Int(offsets[index]) }, count: length(index)))
    }

    /// Returns the string at an index.
    func text(_ index: Int, name: String) throws -> String {
        let buffer = UnsafeBufferPointer(start: bytes.map { $0 + Int(offsets[index]) }, count: length(index))
        guard let text = String(validating: buffer, as: UTF8.self) else {
            throw misuse("'\(name)' number \(index) is not UTF-8", "encode texts as UTF-8")
        }
        return text
    }

    private func length(_ index: Int) -> Int { Int(offsets[index + 1] - offsets[index]) }
}

/// Sparse vectors from the caller, checked once.
struct InputRows {
    let count: Int
    private let pointers: UnsafePointer<Int64>
    private let columns: UnsafePointer<Int32>?
    private let weights: UnsafePointer<Float>?
    /// The terms; nil if terms are numbers.
    private let names: [String]?

    /// - Parameter name: The name of the argument in messages.
    init(_ rows: sparsestore_rows, name: String) throws {
        guard rows.rows >= 0, let pointers = rows.pointers else {
            throw misuse("'\(name)' has no pointers or a negative count", "pass rows + 1 pointers, ascending from 0")
        }
        try checkRising(pointers, count: rows.rows, name: name)
        guard pointers[Int(rows.rows)] == 0 || (rows.columns != nil && rows.weights != nil) else {
            throw misuse("'\(name)' has no columns or no weights", "pass as many of each as the last pointer says")
        }
        count = Int(rows.rows)
        self.pointers = pointers
        columns = rows.columns
        weights = rows.weights
        names = try rows.names.map { strings in
            let texts = try InputStrings(strings.pointee, name: "names")
            return try (0..<texts.count).map { try texts.text($0, name: "names") }
        }
    }

    /// Returns the vector of a row; nil if all its components are zero.
    ///
    /// - Parameter label: The name of the row in messages.
    func content(_ row: Int, label: @autoclosure () -> String) throws -> SparseContent? {
        let range = Int(pointers[row])..<Int(pointers[row + 1])
        guard let columns, let weights, !range.isEmpty else { return nil }
        let kept = range.filter { weights[$0] != 0 }
        guard !kept.isEmpty else { return nil }
        if let bad = kept.first(where: { columns[$0] < 0 || Int(columns[$0]) >= names?.count ?? .max }) {
            throw misuse(
                "\(label()) has the column \(columns[bad]), which does not exist",
                "give columns from 0 up to the number of names")
        }
        guard let names else {
            do {
                return .vector(
                    try SparseVector(
                        terms: kept.map { TermID(columns[$0]) }, weights: kept.map { weights[$0] }))
            } catch {
                throw SparseStoreError(
                    .invalidVector, problem: "\(label()) is not a vector: \(error.problem)", remedy: error.remedy)
            }
        }
        return .terms(kept.map { WeightedTerm(names[Int(columns[$0])], weights[$0]) })
    }
}

/// Token vectors from the caller, checked once.
struct InputTokens {
    private let dimension: Int
    private let offsets: UnsafePointer<Int64>
    private let components: UnsafePointer<Float>?

    init(_ tokens: sparsestore_tokens, rows: Int) throws {
        guard tokens.dimension > 0, let offsets = tokens.offsets else {
            throw misuse("the token vectors have no offsets or no dimension", "pass rows + 1 offsets, ascending from 0")
        }
        try checkRising(offsets, count: Int64(rows), name: "tokens")
        guard tokens.components != nil || offsets[rows] == 0 else {
            throw misuse("the token vectors have no components", "pass dimension floats for each token")
        }
        dimension = Int(tokens.dimension)
        self.offsets = offsets
        components = tokens.components
    }

    /// Returns the token vectors of a row; nil if it has none.
    func multivector(_ row: Int, label: @autoclosure () -> String) throws -> Multivector? {
        let tokens = Int(offsets[row + 1] - offsets[row])
        guard tokens > 0, let components else { return nil }
        let buffer = UnsafeBufferPointer(start: components + Int(offsets[row]) * dimension, count: tokens * dimension)
        do {
            return try Multivector(dimension: dimension, components: Array(buffer))
        } catch {
            throw SparseStoreError(
                .invalidVector, problem: "\(label()) has token vectors that are not valid: \(error.problem)",
                remedy: error.remedy)
        }
    }
}

/// Tags of many documents from the caller, checked once.
struct InputTags {
    private let strings: InputStrings
    private let offsets: UnsafePointer<Int64>

    /// Nil if the caller passed no tags.
    init?(_ tags: UnsafePointer<sparsestore_strings>?, offsets: UnsafePointer<Int64>?, rows: Int) throws {
        guard let tags else { return nil }
        guard let offsets else { throw misuse("tags have no offsets", "pass rows + 1 offsets") }
        strings = try InputStrings(tags.pointee, name: "tags")
        try checkRising(offsets, count: Int64(rows), name: "tag_offsets")
        guard Int(offsets[rows]) == strings.count else {
            throw misuse(
                "the offsets of the tags end at \(offsets[rows]), but there are \(strings.count) tags",
                "set the last offset to the number of tags")
        }
        self.offsets = offsets
    }

    /// Returns the tags of a row.
    func labels(_ row: Int) throws -> [String] {
        try (Int(offsets[row])..<Int(offsets[row + 1])).map { try strings.text($0, name: "tags") }
    }
}

/// Checks that `count + 1` offsets ascend from 0.
func checkRising(_ offsets: UnsafePointer<Int64>, count: Int64, name: String) throws {
    var last: Int64 = 0
    for index in 0...Int(count) {
        guard offsets[index] >= last, index > 0 || offsets[index] == 0 else {
            throw misuse(
                "the offsets of '\(name)' do not ascend from 0 (number \(index))", "pass count + 1 ascending offsets")
        }
        last = offsets[index]
    }
}
