"""What actors are made of: plain objects that hold what no event tells. A part is handed its actor in every call and does not keep it.

So no part and its actor hold one another, and an actor that leaves memory is freed at once, without the garbage collector. When an
actor is made anew in the same process, the new one takes over the parts of the one before.
"""
