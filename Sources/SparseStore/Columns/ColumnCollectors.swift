internal import SparseFormat

/// Collects the tags of a window's documents while the window is built: each distinct tag once, and its number for each
/// document that has it.
struct TagCollector {
    private var numberOf: [TextKey: UInt32] = [:]
    private var names: [String] = []
    /// The tags of all documents, one document after the other.
    private var numbers: [UInt32] = []
    private var ends: [Int] = []

    /// Adds the tags of the next document in any order. Duplicates count once.
    mutating func add(_ tags: some Sequence<String>) {
        for tag in tags { numbers.append(number(tag)) }
        ends.append(numbers.count)
    }

    /// Returns the tags of the document that was added at a position.
    func tags(at position: Int) -> [String] {
        numbers[(position == 0 ? 0 : ends[position - 1])..<ends[position]].map { names[Int($0)] }
    }

    /// Returns the bodies of the window's `segmentTags` values; none if no document has a tag.
    ///
    /// - Parameter ordinals: The ordinal in the window of the document at each position; nil if they are the same.
    func tables(ordinals: [UInt16]? = nil) -> [[UInt8]] {
        guard !numbers.isEmpty else { return [] }
        var holders = [[UInt16]](repeating: [], count: names.count)
        var index = 0
        for (position, end) in ends.enumerated() {
            let ordinal = ordinals?[position] ?? UInt16(truncatingIfNeeded: position)
            while index < end {
                let number = Int(numbers[index])
                if holders[number].last != ordinal { holders[number].append(ordinal) }
                index += 1
            }
        }
        var writer = TagTableWriter(documents: ends.count)
        let order = names.indices.map { (name: Array(names[$0].utf8), number: $0) }
            .sorted { $0.name.lexicographicallyPrecedes($1.name) }
        for (name, number) in order {
            writer.append(name, ordinals: ordinals == nil ? holders[number] : holders[number].sorted())
        }
        writer.finish()
        return writer.bodies
    }

    private mutating func number(_ tag: String) -> UInt32 {
        let key = TextKey(tag)
        if let known = numberOf[key] { return known }
        let number = UInt32(names.count)
        numberOf[key] = number
        names.append(tag)
        return number
    }
}

/// Collects the attributes of a window's documents while the window is built.
struct AttributeCollector {
    private var numberOf: [[UInt8]: Int] = [:]
    private var names: [[UInt8]] = []
    /// For each name, the positions and values of the documents that have it.
    private var values: [[(position: Int, value: AttributeValue)]] = []
    private var count = 0

    /// Adds the attributes of the next document.
    mutating func add(_ attributes: [String: AttributeValue]) {
        for (name, value) in attributes where !value.isEmptyList {
            let name = Array(name.utf8)
            let number = numberOf[name] ?? names.count
            if number == names.count {
                numberOf[name] = number
                names.append(name)
                values.append([])
            }
            values[number].append((count, value))
        }
        count += 1
    }

    /// Returns the attributes of the document that was added at a position.
    func attributes(at position: Int) -> [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [:]
        for (name, own) in zip(names, values) {
            var (low, high) = (0, own.count)
            while low < high {
                let middle = (low + high) / 2
                if own[middle].position < position { low = middle + 1 } else { high = middle }
            }
            if low < own.count, own[low].position == position {
                attributes[String(decoding: name, as: UTF8.self)] = own[low].value
            }
        }
        return attributes
    }

    /// Returns the bodies of the window's columns, in ascending order of the bytes of their names; none if no document
    /// has an attribute.
    ///
    /// - Parameter ordinals: The ordinal in the window of the document at each position; nil if they are the same.
    /// - Throws: `columnValues` if an attribute has values of incompatible types.
    func columns(ordinals: [UInt16]? = nil) throws -> [[UInt8]] {
        try names.indices.sorted { names[$0].lexicographicallyPrecedes(names[$1]) }.compactMap { number in
            var writer = AttributeColumnWriter(name: names[number], documents: count)
            if let ordinals {
                let placed = values[number].map { (ordinal: Int(ordinals[$0.position]), value: $0.value) }
                for (ordinal, value) in placed.sorted(by: { $0.ordinal < $1.ordinal }) {
                    try writer.append(value, ordinal: ordinal)
                }
            } else {
                for (position, value) in values[number] { try writer.append(value, ordinal: position) }
            }
            return writer.body()
        }
    }
}
