/// The canonical normal forms of Unicode: UAX #15, "Unicode Normalization Forms".
struct Composition: Sendable {
    static let shared = Composition()

    /// The scalars with their own decomposition, which is one or two scalars long. Hangul syllables are computed.
    private var parts: [UInt32: [UInt32]] = [:]
    /// The first and second scalar, in the high and the low half.
    private var composites: [UInt64: UInt32] = [:]
    private var compositeCodes: Set<UInt32> = []
    /// The scalars that can be second in a composition.
    private(set) var followers: Set<UInt32> = Set(Hangul.vowels).union(Hangul.trailing)

    private enum Hangul {
        static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
        static let leading: Range<UInt32> = 0x1100..<0x1113
        static let vowels: Range<UInt32> = 0x1161..<0x1176
        /// The number 0, one below the first, means none.
        static let trailing: Range<UInt32> = 0x11A8..<0x11C3
        static let perVowel: UInt32 = 28
        static let perLeading: UInt32 = 21 * 28
    }

    private init() {
        for fields in TextResource.lines(PackageResources.decompositions_txt) {
            let isExcluded = fields.last == "!"
            let codes = fields.compactMap { UInt32($0, radix: 16) }
            guard codes.count >= 2 else { continue }
            parts[codes[0]] = Array(codes[1...])
            if codes.count == 3, !isExcluded {
                composites[Self.key(codes[1], codes[2])] = codes[0]
                compositeCodes.insert(codes[0])
                followers.insert(codes[2])
            }
        }
    }

    private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }

    func decomposes(_ code: UInt32) -> Bool { parts[code] != nil || Hangul.syllables.contains(code) }

    /// Whether the scalar is the result of a composition, so that it is already normalized.
    func isComposite(_ code: UInt32) -> Bool { compositeCodes.contains(code) || Hangul.syllables.contains(code) }

    /// Appends the full canonical decomposition of one scalar.
    func decompose(_ code: UInt32, into result: inout [UInt32]) {
        if Hangul.syllables.contains(code) {
            let index = code - Hangul.syllables.lowerBound
            result.append(Hangul.leading.lowerBound + index / Hangul.perLeading)
            result.append(Hangul.vowels.lowerBound + index % Hangul.perLeading / Hangul.perVowel)
            let last = index % Hangul.perVowel
            if last > 0 { result.append(Hangul.trailing.lowerBound - 1 + last) }
        } else if let found = parts[code] {
            for part in found { decompose(part, into: &result) }
        } else {
            result.append(code)
        }
    }

    /// Returns the normal form D: everything is decomposed, and marks are in canonical order.
    func decomposed(_ scalars: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(scalars.count)
        for scalar in scalars { decompose(scalar, into: &result) }
        var start = 0
        while start < result.count {
            guard Self.combiningClass(result[start]) > 0 else {
                start += 1
                continue
            }
            var end = start + 1
            while end < result.count, Self.combiningClass(result[end]) > 0 { end += 1 }
            // The order of marks of one class is significant; a sort by class and position is stable.
            let sorted = result[start..<end].enumerated()
                .sorted { (Self.combiningClass($0.1), $0.0) < (Self.combiningClass($1.1), $1.0) }.map(\.1)
            result.replaceSubrange(start..<end, with: sorted)
            start = end
        }
        return result
    }

    /// Returns the normal form C of scalars in normal form D.
    func composed(_ scalars: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(scalars.count)
        var starter: Int?
        var lastClass: UInt8 = 0
        for scalar in scalars {
            let combiningClass = Self.combiningClass(scalar)
            if let place = starter, place == result.count - 1 || lastClass < combiningClass,
                let composite = composite(result[place], scalar)
            {
                result[place] = composite
                continue
            }
            if combiningClass == 0 { starter = result.count }
            lastClass = combiningClass
            result.append(scalar)
        }
        return result
    }

    private func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if Hangul.leading.contains(first), Hangul.vowels.contains(second) {
            return Hangul.syllables.lowerBound + (first - Hangul.leading.lowerBound) * Hangul.perLeading
                + (second - Hangul.vowels.lowerBound) * Hangul.perVowel
        }
        if Hangul.syllables.contains(first), Hangul.trailing.contains(second),
            (first - Hangul.syllables.lowerBound).isMultiple(of: Hangul.perVowel)
        {
            return first + second - (Hangul.trailing.lowerBound - 1)
        }
        return composites[Self.key(first, second)]
    }

    private static func combiningClass(_ code: UInt32) -> UInt8 {
        code < 0x300 ? 0 : Unicode.Scalar(code)?.properties.canonicalCombiningClass.rawValue ?? 0
    }
}
