import Foundation
import SparseStore

/// The collections of a service. All of them are in one store. The list of them is a bookmark in that store, which
/// changes in the same transactions as the documents.
struct Catalog: Codable, Sendable {
    private static let bookmark = "service.collections"

    var collections: [String: CollectionRecord] = [:]
    /// A number is never reused, so that no point of a deleted collection reappears.
    private var next = 1

    init(_ bytes: [UInt8]?) throws {
        if let bytes { self = try JSONDecoder().decode(Catalog.self, from: Data(bytes)) }
    }

    init(_ snapshot: Snapshot) throws { try self.init(snapshot.bookmark(Self.bookmark)) }
    init(_ transaction: borrowing WriteTransaction) throws { try self.init(transaction.bookmark(Self.bookmark)) }

    func write(_ transaction: inout WriteTransaction) throws {
        try transaction.setBookmark(Self.bookmark, to: Array(JSONEncoder().encode(self)))
    }

    func collection(_ name: String) throws -> CollectionRecord {
        guard let collection = collections[name] else { throw ServiceFailure.noCollection(name) }
        return collection
    }

    mutating func add(_ name: String, _ body: CollectionBody) throws {
        guard collections[name] == nil else {
            throw ServiceFailure(
                status: .conflict, problem: "Wrong input: Collection `\(name)` already exists!",
                remedy: "delete it first, or use another name")
        }
        guard (1...200).contains(name.utf8.count), !name.contains("/") else {
            throw ServiceFailure(
                status: .badRequest, problem: "'\(name)' is not a valid name for a collection",
                remedy: "use 1 to 200 bytes without a slash")
        }
        guard body.vectors?.isEmpty ?? true else { throw ServiceFailure.unsupported("dense vectors") }
        for (vector, parameters) in body.sparseVectors ?? [:] {
            guard [nil, "none", "idf"].contains(parameters.modifier), !vector.contains(":") else {
                throw ServiceFailure.unsupported("names of vectors with a colon, and modifiers other than 'idf',")
            }
        }
        collections[name] = CollectionRecord(
            number: next, vectors: body.sparseVectors ?? [:], metadata: body.metadata)
        next += 1
    }
}

/// One collection, and the mapping of its points to documents.
struct CollectionRecord: Codable, Sendable {
    let number: Int
    /// The vectors by name.
    let vectors: [String: SparseParameters]
    let metadata: [String: JSON]?

    /// The tag of all its documents.
    var tag: String { "\(number)" }
    var everything: Filter { .tag(tag) }

    func documentID(_ id: PointID) -> String { "\(number)/\(id.text)" }

    func pointID(_ documentID: String) throws -> PointID {
        guard let slash = documentID.firstIndex(of: "/"),
            let id = PointID(documentID[documentID.index(after: slash)...])
        else {
            throw ServiceFailure(
                status: .internalServerError, problem: "the document '\(documentID)' is not a point",
                remedy: "use a store that only this service writes to")
        }
        return id
    }

    /// Returns one term for each index of each vector, so that collections and vectors do not share posting lists.
    func term(_ vector: String, _ index: UInt32) -> String { "\(number)/\(vector):\(index)" }

    /// - Throws: An error for a vector that the collection does not have.
    func check(_ vector: String) throws {
        guard vectors[vector] != nil else {
            throw ServiceFailure(
                status: .badRequest, problem: "Wrong input: Not existing vector name error: \(vector)",
                remedy: "the collection has \(vectors.keys.sorted().joined(separator: ", "))")
        }
    }

    func weightedTerms(_ vector: String, _ body: SparseVectorBody) throws -> [WeightedTerm] {
        try check(vector)
        guard body.indices.count == body.values.count else {
            throw ServiceFailure(
                status: .badRequest,
                problem: "a sparse vector has \(body.indices.count) indices and \(body.values.count) values",
                remedy: "pass one value for each index")
        }
        // A weight of zero has no effect.
        return zip(body.indices, body.values).filter { $1 != 0 }.map { WeightedTerm(term(vector, $0), $1) }
    }

    func document(_ point: PointBody) throws -> Document {
        let terms = try point.vector.flatMap { try weightedTerms($0.key, $0.value) }
        var document = Document(id: documentID(point.id), tags: [tag])
        if !terms.isEmpty { document.content = .terms(terms) }
        try set(point.payload ?? [:], of: &document)
        return document
    }

    /// Sets the payload of a document, and its attributes for filters.
    func set(_ payload: [String: JSON], of document: inout Document) throws {
        document.payload = nil
        if !payload.isEmpty { try document.setPayload(payload) }
        document.attributes = PayloadAttributes(payload).values
        document.attributes.merge(try pointID(document.id).attributes) { $1 }
    }

    /// Returns the index and the vector name of a term of a document of this collection; nil for other terms.
    func index(of term: String) -> (vector: String, index: UInt32)? {
        guard let slash = term.firstIndex(of: "/"), let colon = term.lastIndex(of: ":"), slash < colon,
            let index = UInt32(term[term.index(after: colon)...])
        else { return nil }
        return (String(term[term.index(after: slash)..<colon]), index)
    }
}

extension PointID {
    /// The attributes that lists of points are sorted by.
    static let numberOrder = "#number"
    static let uuidOrder = "#uuid"

    /// Returns the attributes that sort points as Qdrant does, numbers first.
    var attributes: [String: AttributeValue] {
        switch self {
        case .number(let number): [Self.numberOrder: .integer(Self.order(of: number))]
        case .uuid: [Self.uuidOrder: .string(text)]
        }
    }

    /// Maps unsigned numbers to signed ones in the same order.
    static func order(of number: UInt64) -> Int64 { Int64(bitPattern: number ^ (1 << 63)) }
}
