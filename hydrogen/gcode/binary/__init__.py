"""Binary G-code (`.bgcode`): blocks, their compression and their packing, back to text; pure."""
