import Foundation
import Testing

@testable import SparseStore

/// Attributes, filters over them, updates, facets and lists against brute force.
@Suite struct AttributeTests {
    private func fields(_ document: Document) -> (Set<String>, [String: AttributeValue]) {
        (Set(document.tags), document.attributes)
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `filters, counts, facets and lists equal brute force through random histories`(seed: UInt64) throws {
        let temporary = try TemporaryStore()
        var store = try temporary.open { $0.maintenance = .manual }
        var collection = AttributeCollection(seed: seed)
        for round in 0..<14 {
            try store.write { transaction in
                for _ in 0..<(round % 3 == 0 ? 120 : 15) { try transaction.upsert(collection.add()) }
                for id in collection.someIDs(10) { try transaction.upsert(collection.add(id)) }
                for id in collection.someIDs(25) {
                    let new = collection.update(id)
                    let isThere = try transaction.update(id) { ($0.tags, $0.attributes) = (new.tags, new.attributes) }
                    #expect(isThere)
                }
                for id in collection.someIDs(6) {
                    collection.remove(id)
                    try transaction.remove(id)
                }
            }
            switch round % 5 {
            case 1: try store.maintain()
            case 2:
                store.close()
                store = try temporary.open { $0.maintenance = .manual }
            case 3: try store.optimize()
            case 4: try store.compact()
            default: break
            }
            try compare(store, &collection, "seed \(seed), round \(round)")
        }
        let report = try store.verify(.deep)
        #expect(report.isClean, "\(report.findings.prefix(3))")
    }

    private func compare(_ store: Store, _ collection: inout AttributeCollection, _ what: Comment) throws {
        try store.read { (snapshot) throws in
            for _ in 0..<25 {
                let filter = collection.randomFilter(depth: 3)
                let expected = collection.matching(filter)
                #expect(try snapshot.count(where: filter) == expected.count, "\(what), \(filter)")
                let page = try snapshot.list(where: filter, limit: 10_000)
                #expect(Set(page.documents.map(\.id)) == expected, "\(what), \(filter)")
                let iterated = try snapshot.documents(where: filter).map { try $0.get().id }
                #expect(iterated == page.documents.map(\.id), "\(what), \(filter)")
            }
            try snapshot.forEachDocument { document in
                let entry = try #require(collection.documents[document.id])
                #expect(fields(document) == (entry.tags, entry.attributes), what)
                return true
            }
            for name in AttributeCollection.names where snapshot.attributes[name] != nil {
                let filter = collection.randomFilter(depth: 1)
                let facets = try snapshot.facets(name, where: filter, limit: 1_000)
                #expect(facets == self.facets(name, collection, collection.matching(filter)), "\(what), \(name)")
            }
            for (name, isDescending) in [("year", true), ("price", false), ("lang", true), ("day", false)] {
                try compareList(snapshot, name, isDescending, collection, what)
            }
        }
    }

    private func facets(_ name: String, _ collection: AttributeCollection, _ ids: Set<String>) -> [Facet] {
        var counts: [AttributeValue: Int] = [:]
        for id in ids {
            let elements = AttributeCollection.elements(collection.documents[id]?.attributes[name])
            let values = elements.map { name == "price" ? .number(AttributeCollection.number($0)) : $0 }
            for value in Set(values) { counts[value, default: 0] += 1 }
        }
        return counts.map { Facet(value: $0.key, count: $0.value) }
            .sorted { $0.count != $1.count ? $0.count > $1.count : AttributeCollection.order($0.value, $1.value) < 0 }
    }

    private func compareList(
        _ snapshot: Snapshot, _ name: String, _ isDescending: Bool, _ collection: AttributeCollection, _ what: Comment
    ) throws {
        var ids: [String] = []
        var cursor: Cursor?
        repeat {
            let page = try snapshot.list(
                order: ListOrder(by: name, isDescending: isDescending), limit: 37, after: cursor)
            ids += page.documents.map(\.id)
            cursor = page.cursor
        } while cursor != nil
        #expect(Set(ids) == Set(collection.documents.keys), what)
        #expect(ids.count == collection.documents.count, what)
        let order = ListOrder(by: name, isDescending: isDescending)
        #expect(try snapshot.documents(order: order).map { try $0.get().id } == ids, what)
        let values = ids.map { collection.documents[$0]?.attributes[name] }
        for (a, b) in zip(values, values.dropFirst()) {
            guard let a else {
                #expect(b == nil, what)
                continue
            }
            guard let b else { continue }
            let order = AttributeCollection.order(a, b)
            #expect(isDescending ? order >= 0 : order <= 0, "\(what), \(name): \(a), \(b)")
        }
    }

    @Test func `an update during a merge is not lost`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.maintenance = .manual }
        for batch in 0..<4 {
            try store.write { transaction in
                for index in 0..<50 {
                    try transaction.upsert(
                        Document(id: "d\(batch * 50 + index)", terms: ["t": 1], attributes: ["stock": 1]))
                }
            }
        }
        // Changed before the merge: laid out by it. Changed while it runs: marked in the new segment.
        try store.write { _ = try $0.update("d7") { $0.attributes["stock"] = 2 } }
        var isChanged = false
        let merger = Merger(
            store.file, store.configuration.mergePolicy,
            pieces: MergePieces(bytesWritten: 4_096, documentsRead: 16))
        _ = try merger.step(.fewest(sparing: [])) { progress in
            guard !isChanged, progress.step == .building else { return }
            isChanged = true
            for id in ["d7", "d8", "d150"] {
                try store.write { _ = try $0.update(id) { $0.attributes["stock"] = 3 } }
            }
        }
        #expect(isChanged)
        try store.read { (snapshot) throws in
            #expect(try snapshot.count(where: .attribute("stock") == 3) == 3)
            #expect(try snapshot.count(where: .attribute("stock") == 2) == 0)
            #expect(try snapshot.count(where: .attribute("stock") == 1) == 197)
        }
        #expect(try store.verify(.deep).isClean)
        try store.optimize()
        #expect(try store.read { try $0.count(where: .attribute("stock") == 3) } == 3)
    }

    @Test func `removing by filter sees what the transaction has done`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            for year in 0..<100 {
                try transaction.upsert(
                    Document(
                        id: "d\(year)", terms: ["t": 1, "x\(year % 4)": 1], attributes: ["year": .integer(Int64(year))])
                )
            }
        }
        let removed = try store.write { transaction in
            try transaction.upsert(Document(id: "new", terms: ["t": 1], attributes: ["year": 3]))
            try transaction.update("d5") { $0.attributes["year"] = 500 }
            try transaction.update("d60") { $0.attributes["year"] = 1 }
            try transaction.remove("d6")
            return try transaction.remove(where: .attribute("year") < 10)
        }
        // d0 to d9 without d5 and d6, d60, and the new one.
        #expect(removed == 10)
        try store.read { (snapshot) throws in
            #expect(snapshot.count == 90)
            #expect(try snapshot.contains("d5"))
            #expect(try !snapshot.contains("d60"))
            #expect(try !snapshot.contains("new"))
        }
        let byTerm = try store.write { try $0.remove(where: .term("x1") || .idPrefix("d1")) }
        #expect(byTerm > 0)
        #expect(try store.verify(.deep).isClean)
    }

    @Test func `an update keeps vector and payload, and writes no posting lists`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.maintenance = .manual }
        let terms = Dictionary(uniqueKeysWithValues: (0..<200).map { ("term \($0)", Float($0 + 1)) })
        try store.write { transaction in
            for index in 0..<100 {
                try transaction.upsert(
                    Document(id: "d\(index)", terms: terms, payload: [1, 2, 3], tags: ["a"], attributes: ["stock": 5]))
            }
        }
        let before = try store.statistics()
        let original = try #require(try store.document("d7"))
        try store.write {
            _ = try $0.update("d7") {
                $0.attributes["stock"] = 0; $0.tags = ["b"]
            }
        }
        let after = try store.statistics()
        #expect(after.segments.map(\.id) == before.segments.map(\.id))
        #expect(after.segments.map(\.bytes) == before.segments.map(\.bytes))
        let document = try #require(try store.document("d7"))
        #expect(document.content == original.content)
        #expect(document.payload == original.payload)
        #expect(document.attributes == ["stock": 0])
        #expect(document.tags == ["b"])
        #expect(try !store.write { try $0.update("absent") { $0.tags = [] } })
    }

    /// A dictionary of Swift's has room for one of them only.
    @Test func `a second spelling of an attribute's name is refused, and nothing changes`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "a", terms: ["t": 1], attributes: ["caf\u{E9}": 1])) }
        let error = #expect(throws: SparseStoreError.self) {
            try store.write { try $0.upsert(Document(id: "b", terms: ["t": 1], attributes: ["cafe\u{301}": 2])) }
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("another Unicode form") == true)
        try store.read { (snapshot) throws in
            #expect(snapshot.count == 1)
            #expect(snapshot.attributes.map { Array($0.key.utf8) } == [Array("caf\u{E9}".utf8)])
        }
    }

    @Test func `another type is refused and named, and nothing changes`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "a", terms: ["t": 1], attributes: ["year": 2024])) }
        try store.write { transaction in
            let error = #expect(throws: SparseStoreError.self) {
                try transaction.upsert(Document(id: "b", terms: ["t": 1], attributes: ["year": "2024", "new": 1]))
            }
            #expect(error?.code == .attributeTypeMismatch)
            #expect(error?.message.contains("integer") == true)
            #expect(error?.message.contains("string") == true)
            // Whole numbers and fractions go together.
            try transaction.upsert(Document(id: "c", terms: ["t": 1], attributes: ["year": 2024.5]))
        }
        try store.read { (snapshot) throws in
            #expect(snapshot.attributes == ["year": .number])
            #expect(try snapshot.count(where: .attribute("year") > 2024) == 1)
            #expect(try snapshot.document("a")?.attributes == ["year": 2024])
        }
    }

    @Test func `unknown names are an error that lists near ones, and values of another type are refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write {
            try $0.upsert(
                Document(id: "a", terms: ["t": 1], attributes: ["year": 2024, "lang": "de", "day": .date(0)]))
        }
        func message(_ text: String) -> String {
            do {
                _ = try store.read { try $0.count(where: Filter.parse(text)) }
                return ""
            } catch { return (error as? SparseStoreError)?.message ?? "" }
        }
        #expect(message("yaer = 3").contains("did you mean 'year'"))
        #expect(message("completely = 3").contains("'lang'"))
        #expect(message("year = abc").contains("integer"))
        #expect(message("day > yesterday").contains("date"))
        #expect(message("year = 2024 AND lang = de AND day = 1970-01-01") == "")
    }

    @Test func `filters beyond their limits are refused before anything is looked up`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "a", terms: ["t": 1], attributes: ["year": 2024])) }
        func code(_ filter: () throws -> Filter) -> SparseStoreError.Code? {
            do {
                let filter = try filter()
                _ = try store.read { try $0.count(where: filter) }
                return nil
            } catch { return (error as? SparseStoreError)?.code }
        }
        let year = Filter.attribute("year")
        let many = 100_000
        #expect(code { .any((0..<many).map { year == .integer(Int64($0)) }) } == .limitExceeded)
        #expect(code { try .parse((0..<many).map { "year = \($0)" }.joined(separator: " OR ")) } == .limitExceeded)
        #expect(code { try .parse(String(repeating: "NOT ", count: many) + "year = 1") } == .limitExceeded)
        #expect(code { year.isIn((0..<many).map { .integer(Int64($0)) }) } == nil)
        #expect(code { year.isIn((0...many).map { .integer(Int64($0)) }) } == .limitExceeded)
        #expect(code { year < .number(.nan) } == .invalidArgument)
        #expect(code { year < .number(.infinity) } == .invalidArgument)
        #expect(code { try .parse("year = NaN") } == .invalidArgument)
        #expect(code { .attribute(String(repeating: "n", count: 1 << 20)).exists } == .invalidArgument)
        #expect(code { .attribute("").exists } == .invalidArgument)
        #expect(code { .term(String(repeating: "t", count: Limits.maximumTermBytes + 1)) } == .invalidArgument)
    }

    @Test func `a cursor of another store, filter or order is refused`() throws {
        let (temporary, other) = (try TemporaryStore(), try TemporaryStore())
        let (store, second) = (try temporary.openNumbered(), try other.openNumbered())
        func code(
            _ store: Store, _ filter: Filter? = nil, _ order: ListOrder = ListOrder(), after cursor: Cursor?
        ) -> SparseStoreError.Code? {
            do throws(SparseStoreError) {
                _ = try store.list(where: filter, order: order, after: cursor)
                return nil
            } catch { return error.code }
        }
        let cursor = try #require(try store.list(limit: 3).cursor)
        #expect(code(store, after: cursor) == nil)
        #expect(code(second, after: cursor) == .invalidCursor)
        #expect(code(store, .tag("even"), after: cursor) == .invalidCursor)
        #expect(code(store, nil, ListOrder(isDescending: true), after: cursor) == .invalidCursor)
        let searched = try store.search(["t": 1], limit: 3).cursor
        #expect(code(store, after: searched) == .invalidCursor)
    }

    @Test func `attributes are held to their limits on both sides`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        func code(_ attributes: [String: AttributeValue]) throws -> SparseStoreError.Code? {
            try store.write { transaction -> SparseStoreError.Code? in
                do throws(SparseStoreError) {
                    try transaction.upsert(Document(id: "d", terms: ["t": 1], attributes: attributes))
                    return nil
                } catch { return error.code }
            }
        }
        func named(_ count: Int) -> [String: AttributeValue] {
            Dictionary(uniqueKeysWithValues: (0..<count).map { ("n\($0)", .integer(1)) })
        }
        #expect(try code(named(Limits.maximumAttributesPerDocument)) == nil)
        #expect(try code(named(Limits.maximumAttributesPerDocument + 1)) == .limitExceeded)
        let long = String(repeating: "x", count: Limits.maximumAttributeStringBytes)
        #expect(try code(["s": .string(long)]) == nil)
        #expect(try code(["s": .string(long + "x")]) == .limitExceeded)
        let name = String(repeating: "n", count: Limits.maximumAttributeNameBytes)
        #expect(try code([name: 1]) == nil)
        #expect(try code([name + "n": 1]) == .invalidArgument)
        #expect(try code(["": 1]) == .invalidArgument)
        #expect(try code(["f": .number(.nan)]) == .invalidArgument)
        #expect(try code(["f": .number(.infinity)]) == .invalidArgument)
        let list = [Int64](repeating: 7, count: Limits.maximumAttributeListCount)
        #expect(try code(["l": .integers(list)]) == nil)
        #expect(try code(["l": .integers(list + [7])]) == .limitExceeded)
        #expect(try code(["l": .integers([])]) == nil)
    }

    @Test func `dates are read and written as RFC 3339 says`() {
        let dates: [(String, Int64)] = [
            ("1970-01-01", 0), ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.5Z", -500_000),
            ("2024-02-29T12:00:00+01:00", 1_709_204_400_000_000), ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ]
        for (text, microseconds) in dates {
            #expect(AttributeValue.date(rfc3339: text) == .date(microseconds), "\(text)")
            let written = AttributeValue.rfc3339(microseconds) ?? ""
            #expect(AttributeValue.date(rfc3339: written) == .date(microseconds), "\(written)")
        }
        for text in ["", "2024", "2023-02-29", "2024-13-01", "2024-01-31T25:00:00Z", "2024-01-31T10:00:00", "2024-1-1"]
        {
            #expect(AttributeValue.date(rfc3339: text) == nil, "\(text)")
        }
        #expect(AttributeValue.rfc3339(.max) == nil)
    }

    @Test func `attributes are JSON values, and are decoded as what they were, but for dates`() throws {
        let line = #"{"integer":7,"integers":[1,2],"no":false,"number":12.5,"string":"de","strings":["a","b"]}"#
        let attributes: [String: AttributeValue] = [
            "integer": 7, "integers": .integers([1, 2]), "no": false, "number": 12.5, "string": "de",
            "strings": .strings(["a", "b"]),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(attributes), as: UTF8.self) == line)
        #expect(try JSONDecoder().decode([String: AttributeValue].self, from: Data(line.utf8)) == attributes)
        let dates = String(decoding: try encoder.encode([AttributeValue.date(-500_000)]), as: UTF8.self)
        #expect(dates == #"["1969-12-31T23:59:59.500000Z"]"#)
        for other in ["[null]", "[{}]", "[[1.5]]", "[[true]]"] {
            #expect(throws: DecodingError.self, "\(other)") {
                try JSONDecoder().decode([AttributeValue].self, from: Data(other.utf8))
            }
        }
        #expect(throws: EncodingError.self) { try encoder.encode([AttributeValue.date(.max)]) }
    }
}
