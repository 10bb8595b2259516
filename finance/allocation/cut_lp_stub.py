"""Stub of the incremental small LP; to be moved into pulp_bridge."""
import highspy, numpy as np
class CutLP:
    """min theta: theta >= a_k + g_k x, lower <= x <= upper; rows are added and dropped."""
    def __init__(self, width):
        h=self.h=highspy.Highs(); h.setOptionValue('output_flag',False); h.setOptionValue('threads',1); h.setOptionValue('presolve','off')
        h.setOptionValue('random_seed',0)
        self.width=width; inf=h.inf
        h.addVars(width+1, np.r_[np.zeros(width),-inf], np.r_[np.zeros(width),inf])
        h.changeColCost(width,1.0)
        self.rows=0; self.cols=np.arange(width+1,dtype=np.int32)
    def add(self, intercept, slope):
        self.h.addRow(float(intercept), self.h.inf, self.width+1, self.cols, np.r_[-slope,1.0]); self.rows+=1
    def box(self, lower, upper):
        self.h.changeColsBounds(self.width, self.cols[:-1], lower, upper)
    def drop(self, mask):
        at=np.flatnonzero(mask).astype(np.int32); self.h.deleteRows(len(at), at); self.rows-=len(at)
    def solve(self):
        self.h.run(); s=self.h.getSolution()
        x=np.array(s.col_value); return x[:-1], x[-1], np.array(s.row_dual)
