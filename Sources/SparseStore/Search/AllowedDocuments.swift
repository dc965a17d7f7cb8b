/// The live documents of one window that a search may return.
struct AllowedDocuments: Sendable {
    let bitmap: Bitmap
    /// The number of documents.
    let count: Int

    init(_ bitmap: Bitmap) {
        self.bitmap = bitmap
        count = bitmap.population
    }

    /// The ordinals of the documents, in ascending order.
    var ordinals: [Int] {
        var ordinals: [Int] = []
        ordinals.reserveCapacity(count)
        bitmap.forEach { ordinals.append($0) }
        return ordinals
    }
}
